import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpret } from '../interpret/interpreter.js';
import { events } from '../testing/arbitraries.js';
import type { FactView } from '../testing/fact-catalogue.js';
import { loadTexts, ruleText } from '../testing/load-text.js';
import { tinyCatalogue as catalogue } from '../testing/tiny-catalogue.js';
import { RuleProfiler } from './rule-profiler.js';

const TEXT =
  ruleText('A', 'evt.type in (open, openat) and fd.name startswith /etc and proc.name=sh') +
  ruleText('B', 'evt.type=open and proc.name in (sh, bash)') +
  ruleText('C', 'evt.type=open and fd.name contains shadow and proc.pname=sh') +
  ruleText('D', 'evt.type=open and fd.directory=/etc') +
  ruleText('E', 'evt.type=connect and fd.sport=22');
const { value: ruleSet = { rules: [] } } = loadTexts(TEXT);

let clock = 0;
const now = (): number => {
  clock += 0.001;
  return clock;
};

function profile(stream: readonly FactView[], allMatches: boolean) {
  const profiler = new RuleProfiler(ruleSet, { catalogue, now, allMatches });
  for (const event of stream) profiler.judge(event, String(event['evt.type']));
  return profiler.report();
}

describe('a rule profile', () => {
  it('counts the events of each type and the matches of each rule as they are', () => {
    fc.assert(
      fc.property(fc.array(events, { minLength: 1, maxLength: 60 }), (stream) => {
        const { rules, types, events: seen } = profile(stream, true);
        expect(seen).toBe(stream.length);
        for (const { rule, matched, tested, events: of, eventTypes } of rules) {
          const { condition } = ruleSet.rules.find((r) => r.name === rule) ?? {};
          const holds = stream.filter((e) => condition !== undefined && interpret(condition, e, catalogue));
          expect(matched).toBe(holds.length);
          expect(of).toBe(stream.filter((e) => eventTypes.includes(String(e['evt.type']))).length);
          expect(tested).toBeGreaterThanOrEqual(matched);
          expect(tested).toBeLessThanOrEqual(of);
        }
        for (const { type, events: of } of types)
          expect(of).toBe(stream.filter((e) => e['evt.type'] === type).length);
      }),
      { numRuns: 60 },
    );
  });

  it('says which rules were ruled out before they were tested, and who shares a condition', () => {
    const quiet = { 'evt.type': 'open', 'fd.name': '/srv/x', 'proc.name': 'nginx', 'fd.directory': '/srv' };
    const loud = { 'evt.type': 'open', 'fd.name': '/etc/shadow', 'proc.name': 'sh', 'fd.directory': '/etc' };
    const { rules, types, conditions, fields } = profile([quiet, quiet, loud, quiet], true);
    expect(types).toMatchObject([{ type: 'open', events: 4, ruledOut: 3, matched: 1, rules: 4 }]);
    const counts = rules.map(({ rule, events: of, tested, matched }) => [rule, of, tested, matched]);
    expect(counts.sort()).toEqual([
      ['A', 4, 1, 1],
      ['B', 4, 1, 1],
      ['C', 4, 0, 0],
      ['D', 4, 1, 1],
    ]);
    const prefix = conditions.find((c) => c.condition === 'fd.name startswith /etc');
    expect(prefix).toMatchObject({ rules: ['A'], held: expect.any(Number) });
    expect(fields.map((f) => f.field)).toContain('fd.name');
  });

  it('stops at the first match where the agent does', () => {
    const both = { 'evt.type': 'open', 'fd.name': '/etc/shadow', 'proc.name': 'sh', 'fd.directory': '/etc' };
    const { rules } = profile([both], false);
    expect(rules.filter((r) => r.matched > 0).map((r) => r.rule)).toEqual(['A']);
  });

  it('gives what takes longer the larger share', () => {
    let ms = 0;
    const slow = new Map(
      [...catalogue].map(([name, spec]) => {
        const extract: typeof spec.extract = (view, argument) => {
          ms += name === 'proc.pname' ? 0.5 : 0.001;
          return spec.extract(view, argument);
        };
        return [name, { ...spec, extract }];
      }),
    );
    const profiler = new RuleProfiler(ruleSet, { catalogue: slow, now: () => ms, allMatches: true });
    const event = { 'evt.type': 'open', 'fd.name': '/x/shadow', 'proc.pname': 'sh', 'proc.name': 'cat' };
    for (let i = 0; i < 100; i++) profiler.judge(event, 'open');
    const { fields, rules, ns } = profiler.report();
    expect(fields[0]?.field).toBe('proc.pname');
    expect(rules[0]?.rule).toBe('C');
    expect(fields[0]?.ns).toBeGreaterThan(0.9 * ns);
  });
});
