import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type FieldSpec, fieldCatalogue } from '@runward/events';
import {
  compileRules,
  type FactView,
  factCatalogue,
  interpret,
  type LoadResult,
  loadRules,
  printCondition,
  RULE_CODES,
  type RuleCode,
} from '@runward/rules';
import { describe, expect, it } from 'vitest';
import { type Case, readLanguageCases, renderLanguageMarkdown } from './language-cases.js';

const repository = resolve(import.meta.dirname, '..');
const page = resolve(repository, 'docs/language.md');
const sections = readLanguageCases(readFileSync(resolve(import.meta.dirname, 'cases/language.yaml'), 'utf8'));
const catalogue = factCatalogue(fieldCatalogue);

/** The files of a case: its own, or a rule around its condition or output. */
function filesOf({
  files,
  lists,
  macros,
  condition = 'evt.type = openat',
  output = 'o',
}: Case): readonly string[] {
  if (files !== undefined) return files;
  const items = [
    ...Object.entries(lists).map(([list, values]) => ({ list, items: values })),
    ...Object.entries(macros).map(([macro, text]) => ({ macro, condition: text })),
    { rule: 'R', desc: 'd', condition, output, priority: 'NOTICE', warn_evttypes: false },
  ];
  return [JSON.stringify(items)]; // JSON is YAML
}

const load = (c: Case): LoadResult =>
  loadRules(
    filesOf(c).map((text, i) => ({ name: `${i}.yaml`, text })),
    { catalogue: fieldCatalogue },
  );

function factsOf({ event }: Case): FactView {
  const facts = Object.entries(event ?? {}).map(([name, value]) => {
    const spec: FieldSpec<never> | undefined = fieldCatalogue.get(name);
    return [name, spec?.type === 'bytes' ? new TextEncoder().encode(String(value)) : value];
  });
  return { 'evt.type': 'openat', 'evt.num': 1, ...Object.fromEntries(facts) };
}

function codesOf({ diagnostics }: LoadResult, expected: readonly string[]): readonly string[] {
  // A file made for one thing leaves other things unused: told of only where a case asks for it.
  const asides = ['RULE_MACRO_UNUSED', 'RULE_LIST_UNUSED', 'RULE_NO_EVENT_TYPE'];
  return diagnostics.map((d) => d.code).filter((code) => expected.includes(code) || !asides.includes(code));
}

describe.each(sections)('the rule language: $section', ({ cases }) => {
  it.each(cases.map((c) => [c.title, c] as const))('%s', (_, c) => {
    const loaded = load(c);
    expect(codesOf(loaded, c.problems)).toEqual(c.problems);
    const [rule] = loaded.value?.rules ?? [];
    if (c.rules !== undefined) {
      const rules = loaded.value?.rules.map((r) => [
        r.name,
        { ...r, condition: printCondition(r.condition) },
      ]);
      expect(rules?.map(([name]) => name)).toEqual(Object.keys(c.rules));
      expect(Object.fromEntries(rules ?? [])).toMatchObject(c.rules);
    }
    if (c.holds === undefined && c.text === undefined) return;
    if (rule === undefined || loaded.value === undefined) throw new Error('the rule is not loaded');
    const event = factsOf(c);
    let formatted: { readonly output: string; readonly fields: object } | undefined;
    const match = compileRules(loaded.value, { catalogue }).matcher('openat');
    match?.(event, ({ format }) => {
      formatted = format(event);
    });
    expect(interpret(rule.condition, event, catalogue), 'the interpreter').toBe(c.holds ?? true);
    expect(formatted !== undefined, 'the compiled form').toBe(c.holds ?? true);
    if (c.text !== undefined) expect(formatted).toEqual({ output: c.text, fields: c.fields });
  });
});

describe('docs/language.md', () => {
  it('shows every case', () => {
    const loadCode = (code: string): string => RULE_CODES[code as RuleCode].loadCode; // checked by the cases
    const rendered = renderLanguageMarkdown(sections, loadCode);
    if (process.env.UPDATE_DOCS) writeFileSync(page, rendered);
    expect(readFileSync(page, 'utf8')).toBe(rendered);
  });

  it("shows every load code of the ecosystem's engine but those of reading files and of extensions", () => {
    const shown = new Set(sections.flatMap(({ cases }) => cases.flatMap((c) => c.problems)));
    const byLoadCode = new Map<string, boolean>();
    for (const [code, { loadCode }] of Object.entries(RULE_CODES)) {
      byLoadCode.set(loadCode, (byLoadCode.get(loadCode) ?? false) || shown.has(code));
    }
    const missing = [...byLoadCode].filter(([, isShown]) => !isShown).map(([loadCode]) => loadCode);
    expect(missing.filter((code) => code !== 'LOAD_ERR_FILE_READ' && code !== 'LOAD_ERR_EXTENSION')).toEqual(
      [],
    );
    expect(byLoadCode.size).toBeGreaterThanOrEqual(21);
  });
});
