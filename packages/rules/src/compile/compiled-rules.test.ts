import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpret } from '../interpret/interpreter.js';
import { possibleEventTypes } from '../plan/event-types.js';
import type { Expression } from '../resolve/expression.js';
import { ExpressionFactory } from '../resolve/expression-factory.js';
import type { Rule, RuleSet } from '../rule-set.js';
import { build, conditionSets, events, shapes } from '../testing/arbitraries.js';
import type { FactView } from '../testing/fact-catalogue.js';
import { loadTexts, ruleText } from '../testing/load-text.js';
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

const fail = (): never => {
  throw new Error('broken');
};

type Decide = (event: FactView) => readonly string[];

function decider(ruleSet: RuleSet, allMatches: boolean): Decide {
  const compiled = compileRules(ruleSet, { catalogue, allMatches });
  return (event) => {
    const found: string[] = [];
    compiled.matcher(String(event['evt.type']))?.(event, ({ rule }) => found.push(rule.name));
    return found;
  };
}

const matches = (ruleSet: RuleSet, event: FactView, allMatches: boolean): readonly string[] => {
  const decide = decider(ruleSet, allMatches);
  // Twice: the second run must not see what the first remembered.
  decide({ 'evt.type': event['evt.type'] ?? '' });
  return decide(event);
};

const interpreted = (ruleSet: RuleSet, event: FactView): readonly string[] =>
  ruleSet.rules.filter((r) => interpret(r.condition, event, catalogue)).map((r) => r.name);

/** Both modes, by matchers that go through the whole stream and learn from it. */
function expectAsInterpreted(ruleSet: RuleSet, stream: readonly FactView[]): void {
  const all = decider(ruleSet, true);
  const first = decider(ruleSet, false);
  for (const event of stream) {
    const wanted = interpreted(ruleSet, event);
    expect(all(event)).toEqual(wanted);
    expect(first(event)).toEqual(wanted.slice(0, 1));
  }
}

describe('compileRules', () => {
  it('decides as the interpreter does, for every rule', () => {
    fc.assert(
      fc.property(conditionSets, fc.array(events, { minLength: 1, maxLength: 4 }), (conditions, all) => {
        expectAsInterpreted(ruleSetOf(conditions), all);
      }),
      { numRuns: 600 },
    );
  });

  it('decides likewise where one look-up chooses among many rules', () => {
    const names = fc.uniqueArray(fc.constantFrom('sh', 'bash', '/etc', '', 'x'), {
      minLength: 1,
      maxLength: 3,
    });
    const streams = fc.array(events, { minLength: 1, maxLength: 8 });
    const rule = fc.tuple(names, fc.constantFrom('proc.name', 'proc.pname'), fc.option(shapes));
    fc.assert(
      fc.property(fc.array(rule, { minLength: 8, maxLength: 30 }), streams, (rules, stream) => {
        const factory = new ExpressionFactory();
        const conditions = rules.map(([values, field, shape]) => {
          const check = {
            field,
            argument: undefined,
            operator: 'in' as const,
            values,
            exactlyOne: false,
            right: undefined,
          };
          return build({ join: 'and', terms: shape === null ? [check] : [check, shape] }, factory);
        });
        expectAsInterpreted(ruleSetOf(conditions), stream);
      }),
      { numRuns: 100 },
    );
  });

  it('decides a stream of events likewise, whatever it has learnt from those before', () => {
    const many = fc.array(shapes, { minLength: 4, maxLength: 12 }).map((all) => {
      const factory = new ExpressionFactory();
      return ruleSetOf(all.map((shape) => build(shape, factory)));
    });
    fc.assert(
      fc.property(many, fc.array(events, { minLength: 10, maxLength: 40 }), (ruleSet, stream) => {
        expectAsInterpreted(ruleSet, stream);
      }),
      { numRuns: 100 },
    );
  });

  it('decides more rules than one group holds', () => {
    const text = Array.from({ length: 1100 }, (_, i) =>
      ruleText(`R${i}`, `evt.type=open and fd.name=/f${i % 550} and proc.name=p${i % 2}`),
    ).join('');
    const { value = { rules: [] } } = loadTexts(text);
    const event = { 'evt.type': 'open', 'fd.name': '/f7', 'proc.name': 'p1' };
    expect(matches(value, event, true)).toEqual(['R7', 'R557']);
    expect(matches(value, event, false)).toEqual(['R7']);
    expect(matches(value, { ...event, 'fd.name': '/none' }, true)).toEqual([]);
  });

  it('reports the rule whose field cannot be read and decides the others', () => {
    const broken = new Map(
      [...catalogue].map(([name, spec]) => [
        name,
        name === 'proc.cmdline' ? { ...spec, extract: fail } : spec,
      ]),
    );
    const { value } = loadTexts(
      ruleText('A', 'evt.type=open and proc.cmdline=x') + ruleText('B', 'evt.type=open'),
    );
    const failed: string[] = [];
    const onRuntimeError = (_: unknown, rule: Rule): number => failed.push(rule.name);
    const found: string[] = [];
    const compiled = compileRules(value ?? { rules: [] }, { catalogue: broken, onRuntimeError });
    compiled.matcher('open')?.({ 'evt.type': 'open' }, ({ rule }) => found.push(rule.name));
    expect([failed, found]).toEqual([['A'], ['B']]);
  });

  it('lets through what the callback throws', () => {
    const { value } = loadTexts(ruleText('A', 'evt.type=open'));
    const match = compileRules(value ?? { rules: [] }, { catalogue }).matcher('open');
    expect(() => match?.({}, fail)).toThrow('broken');
  });

  it('leaves out rules that are switched off', () => {
    const [rule] = ruleSetOf(fc.sample(conditionSets, 1)[0] ?? []).rules;
    const rules = rule === undefined ? [] : [{ ...rule, enabled: false }];
    expect(compileRules({ rules }, { catalogue }).eventTypes.size).toBe(0);
  });
});
