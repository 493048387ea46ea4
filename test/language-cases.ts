import type { FieldValue } from '@runward/events';
import { parse } from 'yaml';

/** One line of the conformance table of the rule language. */
export interface Case {
  readonly what: string;
  /** Unique within its section. */
  readonly title: string;
  readonly condition: string | undefined;
  readonly output: string | undefined;
  readonly files: readonly string[] | undefined;
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly macros: Readonly<Record<string, string>>;
  readonly event: Readonly<Record<string, FieldValue>> | undefined;
  readonly holds: boolean | undefined;
  /** Codes of all diagnostics, in order. */
  readonly problems: readonly string[];
  /** What the loaded rules must look like, conditions printed. */
  readonly rules: Readonly<Record<string, object>> | undefined;
  readonly text: string | undefined;
  readonly fields: object | undefined;
}

export interface Section {
  readonly section: string;
  readonly about: string;
  readonly cases: readonly Case[];
}

type Written = Partial<Omit<Case, 'title' | 'condition' | 'event'>> & {
  readonly what: string;
  readonly if?: string;
  readonly with?: Case['event'];
};

/** The cases of `cases/language.yaml`; the file is ours, so its shape is taken as given. */
export function readLanguageCases(text: string): readonly Section[] {
  const written = parse(text) as readonly { section: string; about: string; cases: readonly Written[] }[];
  return written.map(({ section, about, cases }) => ({ section, about, cases: cases.map(toCase) }));
}

const toCase = ({ what, if: condition, with: event, ...rest }: Written): Case => ({
  ...{ what, title: `${what}: ${condition ?? rest.output ?? ''}`, condition, event },
  ...{ output: rest.output, files: rest.files, lists: rest.lists ?? {}, macros: rest.macros ?? {} },
  ...{
    holds: rest.holds,
    problems: rest.problems ?? [],
    rules: rest.rules,
    text: rest.text,
    fields: rest.fields,
  },
});

const HEAD = `# The rule language

Runward reads the rule language of Falco. This page shows it construct by construct; every line is a test that both the
interpreter and the compiled form pass (\`test/cases/language.yaml\`, \`test/language.test.ts\`). Where the loader
is more lenient than the original: [ADR 13](adr/0013-where-the-loader-is-more-lenient.md). The fields:
[fields.md](fields.md); problems and what to do about them: [errors/rules.md](errors/rules.md).

Events of this page are \`openat\` calls that carry the facts shown and nothing else.

This page is rendered from the cases: \`UPDATE_DOCS=1 npx vitest run --project unit test/language.test.ts\`.
`;

/** Text as code in a table cell, line breaks and control characters written as escapes. */
function code(text: string): string {
  const shown = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll('\\\\', '\\')
    .replaceAll('|', '\\|')
    .replaceAll('\uFEFF', '\\uFEFF');
  if (shown === '') return '';
  return shown.includes('`') ? `\`\` ${shown} \`\`` : `\`${shown}\``;
}

const lines = (text: string): string =>
  text.trimEnd() === '' ? '(empty)' : text.trimEnd().split('\n').map(code).join('<br>');

const facts = (event: Case['event'] = {}): string =>
  Object.entries(event)
    .map(([name, value]) =>
      code(`${name}: ${Array.isArray(value) ? `[${value.join(', ')}]` : JSON.stringify(value)}`),
    )
    .join('<br>');

const definitions = ({ lists, macros }: Case): string =>
  [
    ...Object.entries(lists).map(
      ([name, items]) => `${code(`- list: ${name}, items: [${items.join(', ')}]`)}<br>`,
    ),
    ...Object.entries(macros).map(([name, text]) => `${code(`- macro: ${name}, condition: ${text}`)}<br>`),
  ].join('');

function result(c: Case, loadCode: (code: string) => string): string {
  const problems = c.problems.map((problem) => `\`${problem}\` (${loadCode(problem)})`);
  const shown = [...problems];
  if (c.holds !== undefined) shown.push(c.holds ? 'holds' : 'does not hold');
  if (c.text !== undefined) shown.push(code(c.text), code(JSON.stringify(c.fields)));
  if (c.rules !== undefined) {
    if (Object.keys(c.rules).length === 0) shown.push('no rule');
    for (const [name, rule] of Object.entries(c.rules))
      shown.push(`**${name}** ${facts(rule as Case['event'])}`);
  }
  return shown.length === 0 ? 'loads' : shown.join('<br>');
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;

/** The page `docs/language.md`. */
export function renderLanguageMarkdown(
  sections: readonly Section[],
  loadCode: (code: string) => string,
): string {
  const parts = sections.map(({ section, about, cases }) => {
    const ofFiles = cases.every((c) => c.files !== undefined);
    const head = ofFiles
      ? row(['Construct', 'Files', 'Result']) + row(['---', '---', '---'])
      : row(['Construct', 'Written', 'Event', 'Result']) + row(['---', '---', '---', '---']);
    const rows = cases.map((c) => {
      const written =
        c.files === undefined
          ? `${definitions(c)}${code(c.condition ?? c.output ?? '')}`
          : c.files.map((text, i) => `${i === 0 ? '' : 'then: '}${lines(text)}`).join('<br>');
      const cells = [c.what.replaceAll('|', '\\|'), written];
      return row(ofFiles ? [...cells, result(c, loadCode)] : [...cells, facts(c.event), result(c, loadCode)]);
    });
    return `\n## ${section}\n\n${about}\n\n${head}${rows.join('')}`;
  });
  return HEAD + parts.join('');
}
