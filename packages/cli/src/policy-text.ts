import { type Diagnostic, formatDiagnostic } from '@runward/core';
import type { RuntimePolicy } from '@runward/policy';
import type { ChangeReport, PolicyChange, PolicyState } from '@runward/state';
import { visible } from './terminal.js';

const SECTION_NAMES = [
  'process',
  'file',
  'network',
  'capabilities',
  'syscalls',
  'kernelSurface',
  'privilege',
] as const satisfies readonly (keyof RuntimePolicy)[];

type Modes = PolicyState['modes'];

/** `file protect, network monitor`; one word when all sections are in the same. */
export function modesText(policy: RuntimePolicy): string {
  return modesShort(Object.fromEntries(SECTION_NAMES.map((name) => [name, policy[name]?.mode])));
}

function modesShort(modes: Modes): string {
  const rows = SECTION_NAMES.flatMap((name) => (modes[name] === undefined ? [] : [`${name} ${modes[name]}`]));
  const [first, ...others] = new Set(SECTION_NAMES.flatMap((name) => modes[name] ?? []));
  if (first === undefined) return 'no section';
  return others.length === 0 && rows.length > 1 ? `${first} (${rows.length} sections)` : rows.join(', ');
}

/** One line per policy: what happened to it. */
export function changeText({ name, before, after }: PolicyChange): string {
  const shown = visible(name);
  if (after === null) return `${shown}: deleted (it was in revision ${before?.revision ?? 0})`;
  if (before === null) return `${shown}: applied; ${modesShort(after.modes)}`;
  const modes = SECTION_NAMES.flatMap((section) => {
    const [was, is] = [before.modes[section] ?? 'absent', after.modes[section] ?? 'absent'];
    return was === is ? [] : [`${section} ${was} → ${is}`];
  });
  const text = before.digest === after.digest ? '' : 'changed; ';
  return `${shown}: ${text}${modes.length === 0 ? modesShort(after.modes) : modes.join(', ')} (revision ${after.revision})`;
}

export function printChanges(report: ChangeReport): void {
  printPolicyDiagnostics(report.diagnostics);
  if (report.changes.length === 0) process.stdout.write('nothing to change: it is so already\n');
  for (const change of report.changes) process.stdout.write(`${changeText(change)}\n`);
}

export function printPolicyDiagnostics(diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) {
    const lines = formatDiagnostic(diagnostic).split('\n').map(visible);
    process.stderr.write(`${lines.join('\n')}\n`);
  }
}
