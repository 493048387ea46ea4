import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { factJudges } from '@runward/detect';
import { fieldCatalogue } from '@runward/events';
import {
  judgedRules,
  loadRules,
  parseRuleTests,
  planInterest,
  type Rule,
  runRuleTests,
  type SourceFile,
} from '@runward/rules';
import { describe, expect, test } from 'vitest';
import {
  EXCEPTION_EXAMPLE,
  listedCorrelation,
  paragraphs,
  renderRulesMarkdown,
  techniques,
  themeOf,
} from './rules-doc.js';

const root = new URL('..', import.meta.url);
const read = (name: string): SourceFile => ({ name, text: readFileSync(new URL(name, root), 'utf8') });
const files = readdirSync(new URL('rules/', root))
  .filter((name) => name.endsWith('.yaml'))
  .sort()
  .map((name) => `rules/${name}`);

const isTestFile = (name: string): boolean => name.endsWith('.test.yaml');
const ruleFiles = files.filter((name) => !isTestFile(name)).map(read);
const loaded = loadRules(ruleFiles, { catalogue: fieldCatalogue });
const ruleSet = loaded.value ?? { rules: [] };
const correlations = (ruleSet.correlations ?? []).map(listedCorrelation);
const everything = [...ruleSet.rules, ...correlations];
const judges = factJudges(ruleSet, fieldCatalogue);
const cases = files.filter(isTestFile).flatMap((name) => {
  const { value, diagnostics } = parseRuleTests(read(name));
  return { theme: name.slice('rules/'.length, -'.test.yaml'.length), tests: value ?? [], diagnostics };
});

describe('the default rules', () => {
  test('load without a diagnostic', () => {
    expect(loaded.diagnostics).toEqual([]);
    expect(ruleSet.rules.length).toBeGreaterThanOrEqual(36);
    expect(correlations.length).toBeGreaterThanOrEqual(8);
  });

  test.each(cases)('decide the cases of $theme as they say', ({ tests, diagnostics }) => {
    expect(diagnostics).toEqual([]);
    const run = runRuleTests(ruleSet, tests, fieldCatalogue, judges);
    expect(run.diagnostics).toEqual([]);
    const failed = run.results.filter((result) => !result.passed);
    expect(failed.map(({ test: { name }, missing, unexpected }) => ({ name, missing, unexpected }))).toEqual(
      [],
    );
  });

  test('are all exercised, entries of exceptions both ways', () => {
    const all = cases.flatMap(({ tests }) => tests);
    const { coverage } = runRuleTests(ruleSet, all, fieldCatalogue, factJudges(ruleSet, fieldCatalogue));
    expect(coverage.rules.filter((rule) => !rule.covered).map((rule) => rule.name)).toEqual([]);
    expect(coverage.percent).toBe(100);
  });

  test('each have a case of their theme in which they fire, and a look-alike of the same event type in which nothing does', () => {
    const problems = everything.flatMap((rule) => {
      const tests = cases.find(({ theme }) => theme === themeOf(rule))?.tests ?? [];
      const fires = tests.some((t) => t.fires.some((f) => f.rule === rule.name));
      const quiet = tests.some(
        (t) =>
          t.fires.length === 0 &&
          t.events.some((event) => rule.eventTypes.includes(String(event.get('evt.type')?.value))),
      );
      return fires && quiet ? [] : [`${rule.name}: fires=${fires} quiet=${quiet}`];
    });
    expect(problems).toEqual([]);
  });

  test.each(everything)('$name says what it means, what to do, and its place in ATT&CK', (rule) => {
    const { meaning, response } = paragraphs(rule);
    expect(meaning).not.toBe('');
    expect(response).not.toBe('');
    expect(techniques(rule)).not.toEqual([]);
    expect(rule.tags.slice(0, 2)).toEqual(['runward', 'container']);
    expect(rule.tags.some((tag) => TACTICS.has(tag))).toBe(true);
    expect(rule.exceptions.map((e) => e.name)).toContain('image_and_program');
  });

  test('stay quiet for an image and program that the exception of docs/rules.md names', () => {
    const own: SourceFile = { name: 'own.yaml', text: EXCEPTION_EXAMPLE };
    const { value, diagnostics } = loadRules([...ruleFiles, own], { catalogue: fieldCatalogue });
    expect(diagnostics).toEqual([]);
    const compiling = (image: string, fires: string): string => `
- name: gcc in ${image}
  event: { evt.type: execve, evt.rawres: 0, container.id: 3f9c1d2e4b5a, container.image.repository: ${image}, proc.name: gcc }
  fires: [${fires}]
`;
    const text =
      compiling('registry.example.org/builder', '') +
      compiling('registry.example.org/shop', 'Compiler started in a running container');
    const tests = parseRuleTests({ name: 'own.test.yaml', text });
    const run = runRuleTests(value ?? { rules: [] }, tests.value ?? [], fieldCatalogue);
    expect(run.results.map((result) => result.passed)).toEqual([true, true]);
  });

  test('never ask the kernel for an open without a path', () => {
    for (const type of ['open', 'openat', 'openat2', 'creat']) {
      const watched = judgedRules(ruleSet).rules;
      const asking = watched.filter((rule) => asksForEveryOpen([rule], type));
      expect(asking.map((rule) => `${rule.name}: ${type}`)).toEqual([]);
      expect(asksForEveryOpen(watched, type)).toBe(false);
    }
  });

  test('are described by docs/rules.md (UPDATE_DOCS=1 renders it again)', () => {
    const page = new URL('docs/rules.md', root);
    const rendered = renderRulesMarkdown(everything);
    if (process.env.UPDATE_DOCS === '1') writeFileSync(page, rendered);
    expect(readFileSync(page, 'utf8')).toBe(rendered);
  });
});

const TACTICS: ReadonlySet<string> = new Set(
  `initial_access execution persistence privilege_escalation defense_evasion credential_access discovery
  lateral_movement collection command_and_control exfiltration impact`
    .split(/\s+/)
    .map((tactic) => `mitre_${tactic}`),
);

/**
 * Whether the kernel is left without any check of the path before it sends the event. Names and directories
 * only: for a prefix it would have to walk every opened path to the top.
 */
function asksForEveryOpen(rules: readonly Rule[], eventType: string): boolean {
  const clauses = planInterest(
    { rules },
    eventType,
    ({ field, operator }) => operator === 'in' && ['fd.name', 'fd.filename', 'fd.directory'].includes(field),
    { assume: { container: true } },
  );
  return clauses.some((clause) => !clause.some((literal) => !literal.negated));
}
