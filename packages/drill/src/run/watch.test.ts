import { describe, expect, test } from 'vitest';
import type { Scenario } from '../scenario/scenario.js';
import { type DetectionFeed, epochMs, type Observed } from './feed.js';
import { hitsOf, isExpected } from './judge.js';
import { Watch } from './watch.js';

const observed = (containerId: string, rule: string, tags: readonly string[] = []): Observed => ({
  ...{ containerId, rule, tags, priority: 'Error', output: `${rule} happened` },
  ...{ eventAtMs: 1000, arrivedAtMs: 1005 },
});

function scene(): { readonly watch: Watch; readonly tell: (each: Observed) => void } {
  let listener: (each: Observed) => void = () => undefined;
  const feed: DetectionFeed = {
    ...{ origin: 'a test', rules: undefined, lost: async () => 0, posture: async () => undefined },
    follow: (to) => {
      listener = to;
    },
  };
  const watch = new Watch(feed);
  return { watch, tell: (each) => listener(each) };
}

const scenario: Scenario = {
  ...{ id: 'a', title: 't', about: 'x', theme: 'impact', tactic: 'impact', technique: 'T1496' },
  steps: [],
};

describe('what a scenario waits for', () => {
  test.each([
    ['its technique', {}, ['T1496'], true],
    ['another technique', {}, ['T1485'], false],
    ['a rule that is named', { expect: { rules: ['R'], techniques: [] } }, [], true],
    ['another rule', { expect: { rules: ['S'], techniques: [] } }, ['T1496'], false],
    ['a technique that is named', { expect: { techniques: ['T1'] } }, ['T1'], true],
    ['anything', { expect: { techniques: [], any: true } }, [], true],
    ['a look-alike waits for nothing', { benign: true }, ['T1496'], false],
  ])('%s', (_, change, tags, expected) => {
    expect(isExpected({ ...scenario, ...change }, { rule: 'R', tags })).toBe(expected);
  });

  test('is told apart from what else was reported, by rule', () => {
    const seen = [observed('c', 'A', ['T1496']), observed('c', 'B'), observed('c', 'A', ['T1496'])];
    expect(hitsOf(scenario, seen).map(({ rule, count, isExpected: is }) => [rule, count, is])).toEqual([
      ['A', 2, true],
      ['B', 1, false],
    ]);
  });
});

describe('a watch', () => {
  const never = new AbortController().signal;

  test('keeps what is reported of its containers and nothing else', () => {
    const { watch, tell } = scene();
    watch.expect('mine');
    tell(observed('mine', 'A'));
    tell(observed('other', 'B'));
    expect([watch.of('mine').map(({ rule }) => rule), watch.of('other')]).toEqual([['A'], []]);
  });

  test('finds what was reported before somebody waited, and what comes while he does', async () => {
    const { watch, tell } = scene();
    watch.expect('c');
    tell(observed('c', 'A'));
    expect((await watch.until('c', ({ rule }) => rule === 'A', 10_000, never))?.rule).toBe('A');
    const later = watch.until('c', ({ rule }) => rule === 'B', 10_000, never);
    tell(observed('c', 'C'));
    tell(observed('c', 'B'));
    expect((await later)?.rule).toBe('B');
  });

  test('gives up when the time is over, and when the drill is ended', async () => {
    const { watch } = scene();
    watch.expect('c');
    expect(await watch.until('c', () => true, 1, never)).toBeUndefined();
    const abort = new AbortController();
    const waiting = watch.until('c', () => true, 10_000, abort.signal);
    abort.abort();
    expect(await waiting).toBeUndefined();
  });
});

test.each([
  ['2026-05-01T09:00:00.123456789Z', 1_777_626_000_123.4568],
  ['2026-05-01T09:00:00Z', 1_777_626_000_000],
])('%s is %d', (text, ms) => {
  expect(epochMs(text)).toBeCloseTo(ms, 3);
});
