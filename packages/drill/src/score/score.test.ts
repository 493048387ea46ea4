import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DrillRun, Outcome, ScenarioResult } from '../run/result.js';
import { DrillHistory } from '../store/history.js';
import { compareRuns } from './compare.js';
import { scoreRun } from './score.js';
import { percentile } from './statistics.js';

const result = (id: string, outcome: Outcome, more: Partial<ScenarioResult> = {}): ScenarioResult => ({
  ...{ id, title: id, theme: 'impact', tactic: 'impact', technique: 'T1496', benign: false, outcome },
  ...{ reason: '', container: `c-${id}`, hits: [], detectMs: undefined, respondMs: undefined },
  ...more,
});
const hit = (rule: string, count = 1) => ({
  ...{ rule, count, priority: 'Error', tags: [], isExpected: true, output: 'o' },
});
const run = (results: readonly ScenarioResult[], more: Partial<DrillRun> = {}): DrillRun => ({
  ...{ format: 1, startedAt: '2026-05-01T09:00:00.000Z', endedAt: '2026-05-01T09:01:00.000Z' },
  ...{ hostname: 'h', kernel: 'k', producer: 'p', detectedBy: 'd', root: 'r', isInterrupted: false },
  ...{ results, load: undefined, lostEvents: 0, rules: undefined, posture: undefined },
  ...more,
});

test.each([
  [[], 0.5, undefined],
  [[7], 0.99, 7],
  [[3, 1, 2], 0.5, 2],
  [[4, 3, 2, 1], 0.5, 2],
  [Array.from({ length: 200 }, (_, i) => i + 1), 0.99, 198],
])('of %j the share %d lies below %j', (values, share, expected) => {
  expect(percentile(values, share)).toBe(expected);
});

describe('the score', () => {
  test('counts what could be judged, and what failed or was skipped apart', () => {
    const score = scoreRun(
      run([
        result('a', 'detected', { detectMs: 10, hits: [hit('A')] }),
        result('b', 'detected', { detectMs: 30, hits: [hit('B')], tactic: 'execution' }),
        result('c', 'missed'),
        result('d', 'failed'),
        result('e', 'skipped'),
        result('f', 'quiet', { benign: true, tactic: '' }),
      ]),
    );
    expect([score.detected, score.judged]).toEqual([2, 3]);
    expect(score.outcomes).toMatchObject({ missed: 1, failed: 1, skipped: 1, quiet: 1, fired: 0 });
    expect(score.detect).toEqual({ count: 2, mean: 20, p50: 10, p99: 30 });
    expect(score.byTactic).toEqual([
      { name: 'execution', detected: 1, judged: 1 },
      { name: 'impact', detected: 1, judged: 2 },
    ]);
  });

  test('has no time to respond unless something responded', () => {
    expect(scoreRun(run([result('a', 'detected')])).respond).toBeUndefined();
    expect(scoreRun(run([result('a', 'detected', { respondMs: 8 })])).respond?.mean).toBe(8);
  });

  test('counts as false what was reported of look-alikes and of the benign load', () => {
    const load = { seconds: 1, loads: [], falsePositives: 4 };
    const results = [result('f', 'fired', { benign: true, hits: [hit('A', 2)] })];
    expect(scoreRun(run(results, { load })).falsePositives).toBe(6);
  });

  test('names the rules of which nothing was heard where it knows the rules', () => {
    const results = [result('a', 'detected', { hits: [hit('A')] })];
    expect(scoreRun(run(results)).rulesThatDidNot).toBeUndefined();
    expect(scoreRun(run(results, { rules: ['C', 'A', 'B'] })).rulesThatDidNot).toEqual(['B', 'C']);
  });
});

test('a comparison says what became better and worse, and what came and went', () => {
  const before = run([
    result('a', 'missed'),
    result('b', 'detected'),
    result('c', 'failed'),
    result('d', 'quiet'),
  ]);
  const now = run([
    result('a', 'detected'),
    result('b', 'missed'),
    result('c', 'detected'),
    result('e', 'quiet'),
  ]);
  const { changes, added, left } = compareRuns(now, before);
  expect(changes).toEqual([
    { id: 'a', before: 'missed', now: 'detected', isBetter: true },
    { id: 'b', before: 'detected', now: 'missed', isBetter: false },
    { id: 'c', before: 'failed', now: 'detected', isBetter: undefined },
  ]);
  expect([added, left]).toEqual([['e'], ['d']]);
});

describe('the history', () => {
  let state = '';
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'rw-drill-'));
  });
  afterEach(() => rmSync(state, { recursive: true }));

  test('gives back what was kept, oldest first', () => {
    const history = new DrillHistory(state);
    expect(history.names()).toEqual([]);
    const load = {
      ...{ seconds: 1, falsePositives: 1 },
      loads: [{ id: 'l', title: 't', container: 'c', rounds: 3, failedRounds: 0, hits: [hit('A')] }],
    };
    const later = run([result('a', 'detected', { detectMs: 1.5, hits: [hit('A')] })], {
      ...{ startedAt: '2026-05-02T09:00:00.000Z', load, rules: ['A'] },
    });
    history.keep(later);
    history.keep(run([]));
    expect(history.names()).toEqual(['20260501T090000000Z.json', '20260502T090000000Z.json']);
    expect(history.read('20260502T090000000Z.json')).toEqual(JSON.parse(JSON.stringify(later)));
  });

  test.each(['', '{', '[]', '{"format":2}', JSON.stringify({ ...run([]), results: [{}] })])(
    'refuses a file that is no record: %s',
    (text) => {
      const history = new DrillHistory(state);
      history.keep(run([]));
      writeFileSync(join(history.folder, '20260501T090000000Z.json'), text);
      expect(() => history.read('20260501T090000000Z.json')).toThrow(
        expect.objectContaining({ code: 'DRILL_HISTORY_UNREADABLE' }),
      );
    },
  );

  test('keeps a hundred', () => {
    const history = new DrillHistory(state);
    for (let i = 0; i < 103; i += 1)
      history.keep(run([], { startedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, i)).toISOString() }));
    expect(history.names()).toHaveLength(100);
    expect(history.names()[0]).toBe('20260101T000003000Z.json');
  });
});
