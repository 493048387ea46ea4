import { quoteAlways } from '@runward/rules';
import type { Suggestion } from './suggestion.js';

export interface PatchItem {
  readonly kind: 'rule' | 'sequence' | 'threshold';
  readonly name: string;
  readonly detections: number;
  readonly suggestions: readonly Suggestion[];
}

/** A rule file that adds the suggested exceptions, with the reasons as comments. `''` when there is nothing to add. */
export function writePatch(items: readonly PatchItem[]): string {
  return items
    .filter((item) => item.suggestions.length > 0)
    .map(writeItem)
    .join('\n');
}

function writeItem({ kind, name, detections, suggestions }: PatchItem): string {
  const byName = new Map<string, Suggestion[]>();
  for (const suggestion of suggestions) {
    const same = byName.get(suggestion.exception);
    if (same === undefined) byName.set(suggestion.exception, [suggestion]);
    else same.push(suggestion);
  }
  const exceptions = [...byName].map(([exception, rows]) => writeException(exception, rows, detections));
  return [
    `- ${kind}: ${scalar(name)}`,
    '  exceptions:',
    ...exceptions,
    '  override:',
    '    exceptions: append',
    '',
  ].join('\n');
}

function writeException(name: string, rows: readonly Suggestion[], detections: number): string {
  const [first] = rows;
  const shape =
    first === undefined || first.known
      ? []
      : [
          `      fields: [${first.fields.join(', ')}]`,
          ...(first.comparisons.every((comparison) => comparison === '=')
            ? []
            : [`      comps: [${first.comparisons.map(scalar).join(', ')}]`]),
        ];
  const values = rows.flatMap((row) => [
    `        # silences ${row.silences} of ${detections} detections`,
    ...row.open.map(
      ({ field, seen, example }) =>
        `        # whatever the ${field}${seen === 1 ? `: ${comment(example)} so far` : `: ${seen} different so far`}`,
    ),
    ...row.cautions.map((caution) => `        # careful: ${comment(caution)}`),
    `        - [${row.values.map((value) => scalar(valueText(value))).join(', ')}]`,
  ]);
  return [`    - name: ${name}`, ...shape, '      values:', ...values].join('\n');
}

/** Text that the language would read as its own (quotes, parentheses) is quoted in the language too. */
const valueText = (value: string): string => (/^["'(]/.test(value) ? quoteAlways(value) : value);

const PLAIN = /^[A-Za-z/][\w./@-]*$/;
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** As a YAML scalar; JSON is YAML. */
const scalar = (text: string): string =>
  PLAIN.test(text) && !WORDS.test(text) ? text : JSON.stringify(text);

const SHOWN = 100;
/** One line, without control characters: values are what an attacker may have chosen. */
const comment = (text: string): string => {
  const line = JSON.stringify(text)
    .slice(1, -1)
    .replace(/[\u007f-\u009f\u2028\u2029]/g, '.');
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
};
