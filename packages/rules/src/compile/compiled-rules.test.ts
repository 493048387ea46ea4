import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpret } from '../interpret/interpreter.js';
import { possibleEventTypes } from '../plan/event-types.js';
import type { Expression } from '../resolve/expression.js';
import type { Rule, RuleSet } from '../rule-set.js';
import { conditionSets, events } from '../testing/arbitraries.js';
import type { FactView } from '../testing/fact-catalogue.js';
import { tinyCatalogue as catalogue } from '../testing/tiny-catalogue.js';
import { compileRules } from './compiled-rules.js';

const span = { file: '', line: 1, column: 1, endLine: 1, endColumn: 1 };

export function ruleSetOf(conditions: readonly Expression[]): RuleSet {
  const eventTypes = possibleEventTypes(conditions);
  const rules = conditions.map(
    (condition, i): Rule => ({
      ...{
        name: `rule ${i}`,
        description: '',
        priority: 'Notice',
        tags: [],
        source: 'syscall',
        enabled: true,
      },
      ...{ output: '', template: { parts: [] }, condition, exceptions: [], eventTypes: eventTypes[i] ?? [] },
      ...{ capture: false, captureDurationMs: undefined, span },
    }),
  );
  return { rules };
}

const matches = (ruleSet: RuleSet, event: FactView, allMatches: boolean): readonly string[] => {
  const compiled = compileRules(ruleSet, { catalogue, allMatches });
  const found: string[] = [];
  const match = compiled.matcher(String(event['evt.type']));
  // Twice: the second run must not see what the first remembered.
  match?.({}, () => undefined);
  match?.(event, ({ rule }) => found.push(rule.name));
  return found;
};

describe('compileRules', () => {
  it('decides as the interpreter does, for every rule', () => {
    fc.assert(
      fc.property(conditionSets, fc.array(events, { minLength: 1, maxLength: 4 }), (conditions, all) => {
        const ruleSet = ruleSetOf(conditions);
        for (const event of all) {
          const wanted = ruleSet.rules
            .filter((r) => interpret(r.condition, event, catalogue))
            .map((r) => r.name);
          expect(matches(ruleSet, event, true)).toEqual(wanted);
          expect(matches(ruleSet, event, false)).toEqual(wanted.slice(0, 1));
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('leaves out rules that are switched off', () => {
    const [rule] = ruleSetOf(fc.sample(conditionSets, 1)[0] ?? []).rules;
    const rules = rule === undefined ? [] : [{ ...rule, enabled: false }];
    expect(compileRules({ rules }, { catalogue }).eventTypes.size).toBe(0);
  });
});
