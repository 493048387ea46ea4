import type { FieldCatalogue } from '@runward/events';
import { interpret } from '../interpret/interpreter.js';
import type { Rule, RuleSet } from '../rule-set.js';
import type { FactView } from './fact-catalogue.js';

/** How the tests of a set exercised it. */
export interface RuleCoverage {
  readonly rules: readonly CoveredRule[];
  /** Things to be exercised: every enabled rule must fire, every exception entry be met both ways. */
  readonly total: number;
  readonly covered: number;
  /** Rounded down, so that 100 means all. */
  readonly percent: number;
}

export interface CoveredRule {
  readonly name: string;
  /** Passed tests in which it fired. */
  readonly fired: number;
  /** Events of its types at which it did not. */
  readonly quiet: number;
  readonly exceptions: readonly CoveredException[];
  readonly covered: boolean;
}

export interface CoveredException {
  readonly name: string;
  readonly entries: readonly CoveredEntry[];
}

export interface CoveredEntry {
  /** As a condition. */
  readonly entry: string;
  /** Events the rule is about that this entry excepts. */
  readonly excepted: number;
  /** Events the rule is about that it does not except. */
  readonly passedOver: number;
  readonly covered: boolean;
}

interface Counts {
  fired: number;
  quiet: number;
  readonly entries: { excepted: number; passedOver: number }[][];
}

/** Counts, event by event, what of a rule set the tests touch. Decides by the interpreter: coverage is no hot path. */
export class CoverageRecorder {
  readonly #rules: readonly { readonly rule: Rule; readonly counts: Counts }[];
  readonly #correlations: Map<string, number>;

  constructor(
    ruleSet: RuleSet,
    readonly catalogue: FieldCatalogue<FactView>,
  ) {
    this.#rules = ruleSet.rules
      .filter((rule) => rule.enabled)
      .map((rule) => ({ rule, counts: countsOf(rule) }));
    const enabled = (ruleSet.correlations ?? []).filter((correlation) => correlation.enabled);
    this.#correlations = new Map(enabled.map(({ name }) => [name, 0]));
  }

  see(facts: FactView): void {
    const type = String(facts['evt.type']);
    for (const { rule, counts } of this.#rules) {
      if (!rule.eventTypes.includes(type)) continue;
      if (!interpret(rule.condition, facts, this.catalogue)) counts.quiet += 1;
      const about = rule.withoutExceptions;
      if (about === undefined || !interpret(about, facts, this.catalogue)) continue;
      for (const [e, exception] of rule.exceptions.entries()) {
        for (const [i, { condition }] of exception.entries.entries()) {
          const count = counts.entries[e]?.[i];
          if (count === undefined) continue;
          if (interpret(condition, facts, this.catalogue)) count.excepted += 1;
          else count.passedOver += 1;
        }
      }
    }
  }

  /** A test passed in which these rules fired. */
  passed(fired: readonly string[]): void {
    const names = new Set(fired);
    for (const { rule, counts } of this.#rules) if (names.has(rule.name)) counts.fired += 1;
    for (const name of names) {
      const known = this.#correlations.get(name);
      if (known !== undefined) this.#correlations.set(name, known + 1);
    }
  }

  coverage(): RuleCoverage {
    const rules = [
      ...this.#rules.map(({ rule, counts }) => coveredRule(rule, counts)),
      ...[...this.#correlations].map(
        ([name, fired]): CoveredRule => ({
          ...{ name, fired, quiet: 0, exceptions: [], covered: fired > 0 },
        }),
      ),
    ];
    const entries = rules.flatMap((rule) => rule.exceptions.flatMap((exception) => exception.entries));
    const total = rules.length + entries.length;
    const covered = [...rules, ...entries].filter((thing) => thing.covered).length;
    return { rules, total, covered, percent: total === 0 ? 100 : Math.floor((100 * covered) / total) };
  }
}

const countsOf = ({ exceptions }: Rule): Counts => ({
  fired: 0,
  quiet: 0,
  entries: exceptions.map(({ entries }) => entries.map(() => ({ excepted: 0, passedOver: 0 }))),
});

function coveredRule({ name, exceptions }: Rule, { fired, quiet, entries }: Counts): CoveredRule {
  return {
    ...{ name, fired, quiet, covered: fired > 0 },
    exceptions: exceptions.map((exception, e) => ({
      name: exception.name,
      entries: exception.entries.map(({ text }, i) => {
        const { excepted = 0, passedOver = 0 } = entries[e]?.[i] ?? {};
        return { entry: text, excepted, passedOver, covered: excepted > 0 && passedOver > 0 };
      }),
    })),
  };
}
