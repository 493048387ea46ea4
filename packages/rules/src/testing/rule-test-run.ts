import { didYouMean } from '@runward/core';
import type { FieldScalar, FieldSpec, FieldType, FieldValue } from '@runward/events';
import { type FieldUse, lookUpField } from '../check/field-lookup.js';
import { isNumeric } from '../check/types.js';
import { compileRules } from '../compile/compiled-rules.js';
import type { RuleDiagnostic } from '../diagnostics/codes.js';
import { Reporter } from '../diagnostics/reporter.js';
import type { RuleSet } from '../rule-set.js';
import { parseHex, utf8 } from '../values/bytes.js';
import { parseBoolean, parseNumber } from '../values/numbers.js';
import { type FactView, factCatalogue } from './fact-catalogue.js';
import { CoverageRecorder, type RuleCoverage } from './rule-coverage.js';
import type { RuleTest, TestEvent } from './rule-test-file.js';
import { type MissingRule, whyMissing } from './why-missing.js';

export interface RuleTestResult {
  readonly test: RuleTest;
  readonly passed: boolean;
  readonly fired: readonly string[];
  /** Expected rules that did not fire, and rules that fired unexpectedly. */
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  /** Outputs without the text they should contain. */
  readonly outputs: readonly { readonly rule: string; readonly wanted: string; readonly output: string }[];
  /** For each missing rule what kept it from firing. */
  readonly why: readonly MissingRule[];
}

export interface RuleTestRun {
  readonly results: readonly RuleTestResult[];
  /** Enabled rules that no test expects to fire. */
  readonly uncovered: readonly string[];
  readonly coverage: RuleCoverage;
  readonly diagnostics: readonly RuleDiagnostic[];
}

type Catalogue = ReadonlyMap<string, FieldSpec<never>>;

/** Judges one event of a test by the sequences and thresholds of the set; keeps what it needs for the next. */
export type FactJudge = (
  facts: FactView,
  timeNs: bigint,
  onFire: (name: string, output: string) => void,
) => void;

/**
 * Runs tests against a rule set; every matching rule counts, not only the first. `newJudge` gives each test a
 * judge of its own for sequences and thresholds; without it they never fire.
 */
export function runRuleTests(
  ruleSet: RuleSet,
  tests: readonly RuleTest[],
  catalogue: Catalogue,
  newJudge: () => FactJudge = () => () => undefined,
): RuleTestRun {
  const reporter = new Reporter();
  const facts = factCatalogue(catalogue);
  const compiled = compileRules(ruleSet, { catalogue: facts, allMatches: true });
  const recorder = new CoverageRecorder(ruleSet, facts);
  const byName = new Map(ruleSet.rules.map((rule) => [rule.name, rule]));
  const known = new Set([...ruleSet.rules, ...(ruleSet.correlations ?? [])].map((rule) => rule.name));
  const results = tests.map((test) => {
    for (const { rule, span } of test.fires) {
      if (known.has(rule)) continue;
      const item = `test "${test.name}"`;
      reporter.report('RULE_TEST_RULE', `no rule \`${rule}\` is loaded`, didYouMean(rule, known), span, item);
    }
    const outputs = new Map<string, string>();
    const judgeFacts = newJudge();
    const seen: FactView[] = [];
    for (const [i, event] of test.events.entries()) {
      const facts = toFacts(event, test, catalogue, reporter);
      const type = facts['evt.type'];
      const match = typeof type === 'string' ? compiled.matcher(type) : undefined;
      match?.(facts, ({ rule, format }) => outputs.set(rule.name, format(facts).output));
      judgeFacts(facts, BigInt(test.timesNs[i] ?? 0), (name, output) => outputs.set(name, output));
      recorder.see(facts);
      seen.push(facts);
    }
    const result = judge(test, outputs);
    const why = result.missing.map((name) => whyMissing(name, byName.get(name), seen, facts));
    if (result.passed) recorder.passed([...outputs.keys()]);
    return { ...result, why };
  });
  const covered = new Set(tests.flatMap((test) => test.fires.map(({ rule }) => rule)));
  const uncovered = [...ruleSet.rules, ...(ruleSet.correlations ?? [])]
    .filter((rule) => rule.enabled && !covered.has(rule.name))
    .map((rule) => rule.name);
  return { results, uncovered, coverage: recorder.coverage(), diagnostics: reporter.diagnostics };
}

function judge(test: RuleTest, fired: ReadonlyMap<string, string>): Omit<RuleTestResult, 'why'> {
  const wanted = new Set(test.fires.map(({ rule }) => rule));
  const missing = [...wanted].filter((rule) => !fired.has(rule));
  const unexpected = [...fired.keys()].filter((rule) => !wanted.has(rule));
  const outputs = [...test.output]
    .map(([rule, text]) => ({ rule, wanted: text, output: fired.get(rule) ?? '' }))
    .filter(({ wanted: text, output }) => !output.includes(text));
  const passed = missing.length === 0 && unexpected.length === 0 && outputs.length === 0;
  return { test, passed, fired: [...fired.keys()], missing, unexpected, outputs };
}

function toFacts(event: TestEvent, test: RuleTest, catalogue: Catalogue, reporter: Reporter): FactView {
  const facts: Record<string, FieldValue> = {};
  const item = `test "${test.name}"`;
  if (!event.has('evt.type')) {
    reporter.report('RULE_TEST_FIELD', 'the event has no `evt.type`', 'every event has one', test.span, item);
  }
  for (const [written, { value, span }] of event) {
    const [, name = written, argument] = /^([^[]*)(?:\[(.*)\])?$/.exec(written) ?? [];
    const field = lookUpField(catalogue, name, argument);
    if ('code' in field) {
      reporter.report('RULE_TEST_FIELD', field.message, didYouMean(name, catalogue.keys()), span, item);
      continue;
    }
    const fact = toFact(field, value);
    if (fact === null) {
      reporter.report(
        'RULE_TEST_FIELD',
        `\`${written}\` is of type ${field.type}; \`${value}\` is not`,
        '',
        span,
        item,
      );
    } else if (fact !== undefined) {
      facts[field.argument === undefined ? field.name : `${field.name}[${field.argument}]`] = fact;
    }
  }
  return facts;
}

/** null when the text is no value of the field's type. */
function toFact(
  field: FieldUse,
  value: string | readonly string[] | undefined,
): FieldValue | undefined | null {
  if (value === undefined) return undefined;
  if (typeof value === 'string') {
    const scalar = toScalar(field.type, value);
    return scalar === undefined ? null : field.list === 'none' ? scalar : [scalar];
  }
  if (field.list === 'none') return null;
  const scalars = value.map((text) => toScalar(field.type, text));
  const known = scalars.filter((scalar) => scalar !== undefined);
  return known.length === scalars.length ? known : null;
}

function toScalar(type: FieldType, text: string): FieldScalar | undefined {
  if (isNumeric(type)) return parseNumber(text);
  if (type === 'bool') return parseBoolean(text);
  if (type === 'bytes') return text.startsWith('0x') ? parseHex(text) : utf8(text);
  return text;
}
