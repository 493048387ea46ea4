import type { RuleProfile } from '@runward/rules';
import { expect, it } from 'vitest';
import { profileText } from './profile-text.js';

const profile: RuleProfile = {
  events: 250_000,
  ns: 40_000_000,
  rules: [
    { rule: 'Shell', events: 1000, tested: 400, matched: 3, ns: 30_000_000, eventTypes: ['execve'] },
    { rule: 'Never tested', events: 1000, tested: 0, matched: 0, ns: 0, eventTypes: ['execve'] },
  ],
  conditions: [
    {
      condition: `proc.args contains ${'x'.repeat(100)}`,
      evaluated: 400,
      held: 100,
      ns: 20_000_000,
      rules: ['Shell'],
    },
  ],
  fields: [{ field: 'proc.args', read: 400, ns: 4_000_000 }],
  types: [{ type: 'execve', events: 200_000, ruledOut: 150_000, matched: 3, ns: 40_000_000, rules: 2 }],
};

it('says for types, rules, conditions and fields what share of the time they take', () => {
  expect(
    profileText(profile, [{ type: 'execve', events: 200_000, rules: ['Shell', 'Tool\u001b[2J'] }]),
  ).toBe(`250,000 events, 200,000 of types that rules are about
times are those of code under measurement, several times slower than in use: read the shares

event types
  share    each    events   no rule left  matched  rules  type
  100.0 %  200 ns  200,000  75.0 %        3        2      execve

rules that were tested in full
  share   each      tested  of     matched  rule
  75.0 %  75000 ns  400     1,000  3        Shell

conditions
  share   each      evaluated  held    rules  condition
  50.0 %  50000 ns  400        25.0 %  1      proc.args contains ${'x'.repeat(52)}…

fields
  share   each      read  field
  10.0 %  10000 ns  400   proc.args

rules that want every event of a type, so that the kernel can leave none out
  events   type    rules
  200,000  execve  Shell, Tool\\x1b[2J`);
});

it('does not pretend to know times of a handful of events', () => {
  const text = profileText({ events: 0, ns: 0, rules: [], conditions: [], fields: [], types: [] }, []);
  expect(text).toContain('few events: trust the counts, not the times');
  expect(text).toContain('event types\n  none');
});
