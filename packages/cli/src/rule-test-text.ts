import type { RuleTestResult } from '@runward/rules';
import { visible } from './terminal.js';

const quoted = (names: readonly string[]): string => names.map((name) => `\`${visible(name)}\``).join(', ');

/** What a failed case of `rules test` did instead of what it should. */
export function failureText({ test, missing, unexpected, outputs }: RuleTestResult): string {
  const lines = [`FAILED ${visible(test.name)} (${visible(test.span.file)}:${test.span.line})`];
  if (missing.length > 0) lines.push(`did not fire: ${quoted(missing)}`);
  if (unexpected.length > 0) lines.push(`fired although it should not: ${quoted(unexpected)}`);
  for (const { rule, wanted, output } of outputs) {
    lines.push(`output of \`${visible(rule)}\` lacks \`${visible(wanted)}\`: ${visible(output)}`);
  }
  return lines.join('\n    ');
}
