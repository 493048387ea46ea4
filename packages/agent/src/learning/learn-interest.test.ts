import { SYSCALLS } from '@runward/events';
import { testContainer, testView } from '@runward/events/testing';
import { LEARNT_CALLS } from '@runward/learn';
import { ALL_OPENS, TYPE_WORDS } from '@runward/sensor';
import { describe, expect, test } from 'vitest';
import { type Interest, interestOfTypes } from '../interest.js';
import type { ProcessJudge } from '../process-interest.js';
import { withLearning } from './learn-interest.js';

const judge: ProcessJudge = {
  of: () => ({ types: new Uint32Array(TYPE_WORDS), opens: 1 }),
  *prepare() {},
};
const [clause] = ALL_OPENS.clauses;
if (clause === undefined) throw new Error('no clause');
/** Rules that want `execve` alone, and have so many clauses for opens. */
const rules = (clauses: number): Interest => ({
  ...interestOfTypes(new Set(['execve']), true),
  open: { clauses: Array.from({ length: clauses }, () => ({ ...clause, want: 1, mask: 1 })) },
  processes: judge,
});
const learnt = testContainer({ name: 'web' });
const widened = (clauses: number) =>
  withLearning(rules(clauses), ({ container }) => container?.name === 'web');
const inContainer = testView({ type: 'openat', container: learnt });
const elsewhere = testView({ type: 'openat', container: testContainer({ name: 'db', id: 'b'.repeat(64) }) });

describe('interest with learning', () => {
  test('has every call that says something, of containers, and the rest as the rules have it', () => {
    const { callOf } = widened(2);
    for (const call of SYSCALLS) {
      const base = rules(2).callOf(call);
      if (LEARNT_CALLS.has(call.name)) expect(callOf(call).scope & 1, call.name).toBe(1);
      else expect(callOf(call), call.name).toEqual(base);
    }
  });

  test('lets processes of other containers be asked for what the rules need alone', () => {
    const of = widened(2).processes;
    expect(of?.of(elsewhere)).toEqual({ types: new Uint32Array(TYPE_WORDS), opens: 1 });
    const { types, opens } = of?.of(inContainer) ?? {};
    expect(opens).toBe(0b101);
    for (const { id, name } of SYSCALLS)
      if (LEARNT_CALLS.has(name)) expect((types?.[id >>> 5] ?? 0) & (1 << (id & 31)), name).not.toBe(0);
  });

  test('has every open where the rules have no clause to spare', () => {
    const { open, processes } = widened(16);
    expect(open.clauses).toHaveLength(1);
    expect(open.clauses[0]).toMatchObject({ mask: 0, scope: 1 });
    expect([processes?.of(elsewhere).opens, processes?.of(inContainer).opens]).toEqual([1, 1]);
  });
});
