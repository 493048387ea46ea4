import { readFileSync, writeFileSync } from 'node:fs';
import { attemptTable, type Findings, summaryTable } from './table.js';

const begin = (part: string): string => `<!-- begin ${part}: written by test/bench/servers.ts -->`;
const end = (part: string): string => `<!-- end ${part} -->`;

/** Puts the tables of each kind of policy into the page, between the marks `begin KIND-WHERE` and `end KIND-WHERE`. */
export function writeTables(file: string, where: 'host' | 'vm', findings: Findings): void {
  const kinds = new Map<string, Findings['trials'][number][]>();
  for (const trial of findings.trials) {
    const kind = trial.policy === 'learned' || trial.policy === 'baseline' ? trial.policy : 'preset';
    kinds.set(kind, [...(kinds.get(kind) ?? []), trial]);
  }
  let text = readFileSync(file, 'utf8');
  for (const [kind, trials] of kinds) {
    const part = `${kind}-${where}`;
    const from = text.indexOf(begin(part));
    const to = text.indexOf(end(part));
    if (from < 0 || to < from) throw new Error(`${file}: no \`${begin(part)}\` before \`${end(part)}\``);
    const said = `Linux ${findings.host}, ${findings.seconds} s of load.`;
    const tables = [said, summaryTable(trials, findings.before), attemptTable(trials, findings.before)];
    text = `${text.slice(0, from)}${begin(part)}\n\n${tables.join('\n\n')}\n\n${text.slice(to)}`;
  }
  writeFileSync(file, text);
}
