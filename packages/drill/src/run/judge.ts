import { coversTechnique } from '../scenario/attack.js';
import type { Scenario } from '../scenario/scenario.js';
import type { Observed } from './feed.js';
import type { RuleHit } from './result.js';

/** Whether a detection in its container is what a scenario waits for. */
export function isExpected(scenario: Scenario, { rule, tags }: Pick<Observed, 'rule' | 'tags'>): boolean {
  if (scenario.benign === true) return false;
  const { expect, technique } = scenario;
  if (expect?.any === true || expect?.rules?.includes(rule) === true) return true;
  const techniques = expect?.techniques ?? (technique === undefined ? [] : [technique]);
  return techniques.some((each) => coversTechnique(tags, each));
}

/** What was reported of a container, by rule, in the order of their first reports. */
export function hitsOf(scenario: Scenario | undefined, seen: readonly Observed[]): readonly RuleHit[] {
  const byRule = new Map<string, RuleHit>();
  for (const each of seen) {
    const { rule, priority, tags, output } = each;
    const before = byRule.get(rule);
    const expected = scenario !== undefined && isExpected(scenario, each);
    byRule.set(
      rule,
      before === undefined
        ? { rule, priority, tags, output, count: 1, isExpected: expected }
        : { ...before, count: before.count + 1 },
    );
  }
  return [...byRule.values()];
}
