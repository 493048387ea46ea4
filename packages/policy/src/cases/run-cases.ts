import { didYouMean, type SourceSpan } from '@runward/core';
import type { Action } from '../decide/action.js';
import type { EffectiveLine, EffectivePolicy } from '../decide/effective.js';
import { mergePolicies } from '../decide/merge.js';
import { selectPolicies } from '../decide/select.js';
import { type PolicyCode, type PolicyDiagnostic, policyDiagnostic } from '../diagnostics/codes.js';
import { type Explanation, explainAction } from '../explain/explain.js';
import { inMode } from '../model/modes.js';
import type { RuntimePolicy } from '../model/policy.js';
import { lineLabel } from '../words/line-label.js';
import { LineCoverage, type LinesCovered } from './line-coverage.js';
import type { PolicyCase } from './policy-case.js';

/** Cases and the policies that decide them where a case does not name others. */
export interface PolicyTestSuite {
  readonly cases: readonly PolicyCase[];
  readonly policies: readonly RuntimePolicy[];
}

/** An action that did not come out as it should. */
export interface CaseMiss {
  readonly action: Action;
  readonly explanation: Explanation;
}

export interface PolicyTestResult {
  readonly test: PolicyCase;
  readonly passed: boolean;
  readonly misses: readonly CaseMiss[];
}

export interface PolicyTestRun {
  readonly results: readonly PolicyTestResult[];
  /** Cases that could not be judged. */
  readonly diagnostics: readonly PolicyDiagnostic[];
  readonly coverage: LinesCovered;
}

/** Judges cases; `all` are the policies that can be named or select a workload, and whose lines are to be covered. */
export function runPolicyCases(
  suites: readonly PolicyTestSuite[],
  all: readonly RuntimePolicy[],
): PolicyTestRun {
  const results: PolicyTestResult[] = [];
  const diagnostics: PolicyDiagnostic[] = [];
  const coverage = new LineCoverage(all);
  const effective = new Effectives();
  for (const { cases, policies } of suites)
    for (const test of cases) {
      const judged = judge(test, policies, all, effective);
      if ('problem' in judged) {
        diagnostics.push(judged.problem);
        continue;
      }
      results.push(judged.result);
      if (judged.result.passed) for (const line of judged.decided) coverage.note(line);
    }
  return { results, diagnostics, coverage: coverage.report() };
}

type Judged =
  | { readonly problem: PolicyDiagnostic }
  | { readonly result: PolicyTestResult; readonly decided: readonly EffectiveLine[] };

function judge(
  test: PolicyCase,
  beside: readonly RuntimePolicy[],
  all: readonly RuntimePolicy[],
  effectives: Effectives,
): Judged {
  const unknown = test.policies?.find((name) => !all.some((policy) => policy.name === name));
  if (unknown !== undefined) {
    const names = all.map(({ name }) => name);
    const help = didYouMean(unknown, names, `there are ${names.join(', ')}`);
    return problem('POLICY_NAME_UNKNOWN', `there is no policy \`${unknown}\``, help, test.span);
  }
  const named = test.policies && all.filter(({ name }) => test.policies?.includes(name));
  const candidates = named ?? (test.workload === undefined ? beside : all);
  if (candidates.length === 0)
    return problem(
      'POLICY_NAME_UNKNOWN',
      `no policy decides the case \`${test.name}\``,
      'put it beside its policy as `NAME.test.yaml`, or add `policies: [NAME]` or `workload:`',
      test.span,
    );
  const selected = test.workload === undefined ? candidates : selectPolicies(candidates, test.workload);
  const effective = effectives.of(selected, test.mode);
  const { by, bySpan = test.span } = test;
  if (by !== undefined && by !== NOTHING && !effective.lines.some((line) => isCalled(line, by))) {
    const known = effective.lines.map(lineLabel);
    const help = didYouMean(by, known, '`runward policy explain` names the lines');
    return problem('POLICY_LINE_UNKNOWN', `no line is called \`${by}\``, help, bySpan);
  }
  const explained = test.actions
    .flatMap(({ actions }) => actions)
    .map((action) => ({ action, explanation: explainAction(effective, action) }));
  const misses = explained.filter(({ explanation }) => !meets(test, explanation));
  const decided = explained.flatMap(({ explanation: { line } }) => (line === undefined ? [] : [line]));
  return { result: { test, passed: misses.length === 0, misses }, decided };
}

const NOTHING = 'nothing';
const isCalled = (line: EffectiveLine, name: string): boolean =>
  [lineLabel(line), `${line.policy}: ${lineLabel(line)}`].includes(name);

function meets({ expect, by }: PolicyCase, { outcome, line }: Explanation): boolean {
  if (outcome !== expect) return false;
  if (by === undefined) return true;
  return by === NOTHING ? line === undefined : line !== undefined && isCalled(line, by);
}

const problem = (code: PolicyCode, message: string, help: string, span: SourceSpan): Judged => ({
  problem: policyDiagnostic(code, message, help, span, ''),
});

/** Policies put together once for all cases that ask the same ones. */
class Effectives {
  readonly #known = new Map<string, EffectivePolicy>();

  of(policies: readonly RuntimePolicy[], mode: PolicyCase['mode']): EffectivePolicy {
    const key = `${mode ?? ''}\0${policies.map(({ name }) => name).join('\0')}`;
    let effective = this.#known.get(key);
    if (effective === undefined) {
      effective = mergePolicies(
        mode === undefined ? policies : policies.map((policy) => inMode(policy, mode)),
      );
      this.#known.set(key, effective);
    }
    return effective;
  }
}
