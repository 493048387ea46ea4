import type { Tuning } from '@runward/detect';
import { table, visible } from './terminal.js';

/** What was suggested and what it would do, for people: goes beside the patch, to standard error. */
export function tuningText({ rules, unknown, before, after }: Tuning): string {
  const rows = rules.map((rule) => [
    String(rule.detections),
    String(rule.after),
    visible(rule.name),
    rule.suggestions.length === 0 ? 'nothing in common' : `${rule.suggestions.length} suggested`,
  ]);
  const lines = rows.length === 0 ? [] : [table([['BEFORE', 'AFTER', 'RULE', ''], ...rows])];
  for (const [name, count] of unknown) {
    lines.push(
      `${count} detections of \`${visible(name)}\`, which is not loaded (name its file with --rules)`,
    );
  }
  lines.push(`runward: ${before} detections, ${after} of them left with the patch`);
  return `${lines.join('\n')}\n`;
}

export const tuningJson = ({ rules, unknown, patch, before, after }: Tuning): string =>
  JSON.stringify({ rules, unknown: Object.fromEntries(unknown), before, after, patch }, null, 2);
