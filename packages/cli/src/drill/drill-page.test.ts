import { compareRuns, type DrillRun, type ScenarioResult, type TabletopRecord } from '@runward/drill';
import { describe, expect, test } from 'vitest';
import { afterActionHtml } from './after-action-html.js';
import { drillHtml } from './drill-html.js';
import { drillJson, reportText } from './drill-text.js';

const HOSTILE = '<script>alert(1)</script>\u001b[31m"\'&';
const plain = (_: unknown, text: string): string => text;

const result = (id: string, more: Partial<ScenarioResult>): ScenarioResult => ({
  ...{ id, title: HOSTILE, theme: 'impact', tactic: 'impact', technique: 'T1496', benign: false },
  ...{ outcome: 'detected', reason: '', container: 'c', hits: [], detectMs: undefined, respondMs: undefined },
  ...more,
});
const hit = {
  ...{ rule: HOSTILE, priority: 'Error', tags: [], count: 2, isExpected: true, output: HOSTILE },
};
const run: DrillRun = {
  ...{ format: 1, startedAt: '2026-05-01T09:00:00.000Z', endedAt: '2026-05-01T09:01:00.000Z' },
  ...{ hostname: HOSTILE, kernel: '6.12', producer: 'p', detectedBy: HOSTILE, root: HOSTILE },
  ...{ isInterrupted: false, lostEvents: 3, rules: ['A', HOSTILE] },
  posture: {
    ...{ containers: 4, protectedContainers: 3, sections: { protect: 7, monitor: 2 } },
    evidence: { recorded: 1, of: 1, dropped: 0 },
  },
  results: [
    result('a', { detectMs: 12.25, hits: [hit] }),
    result('b', { outcome: 'missed' }),
    result('c', { outcome: 'failed', reason: HOSTILE }),
    result('d', { outcome: 'fired', theme: 'ordinary', benign: true, hits: [{ ...hit, isExpected: false }] }),
  ],
  load: {
    ...{ seconds: 600, falsePositives: 2 },
    loads: [{ id: 'l', title: HOSTILE, container: 'c', rounds: 9, failedRounds: 1, hits: [hit] }],
  },
};
const before: DrillRun = { ...run, results: [result('a', { outcome: 'missed' })], load: undefined };

const record: TabletopRecord = {
  ...{ id: 'e', title: HOSTILE, aims: [HOSTILE], participants: [HOSTILE], isComplete: true },
  ...{ startedAt: '2026-05-01T09:00:00.000Z', endedAt: '2026-05-01T09:01:00.000Z' },
  decisions: [
    {
      ...{ scene: 's', title: HOSTILE, ask: HOSTILE, chosen: HOSTILE, rating: 'poor', effect: HOSTILE },
      ...{
        lesson: HOSTILE,
        tookMs: 61_000,
        withinMs: 60_000,
        at: '2026-05-01T09:01:00.000Z',
        notes: [HOSTILE],
      },
    },
  ],
  debrief: [{ question: HOSTILE, answer: HOSTILE }],
};

describe.each([
  ['the report of a drill', drillHtml(run, compareRuns(run, before))],
  ['the after-action report', afterActionHtml(record)],
])('%s', (_, page) => {
  test('takes nothing that scenarios, rules, containers or people say for markup', () => {
    expect(page).toContain('&lt;script&gt;');
    for (const raw of ['<script', '\u001b']) expect(page).not.toContain(raw);
    // Attributes would end at a quote.
    expect(page).not.toContain('\\x1b[31m"');
  });

  test('has its charts within, and needs nothing else', () => {
    expect(page).toMatch(/<svg [^>]*role="img"/);
    expect(page).not.toMatch(/<(?:img|link|iframe)\b|\bsrc=|style="/);
  });
});

test('the text says what was detected, missed and reported wrongly, and what changed', () => {
  const text = reportText(run, compareRuns(run, before), plain);
  expect(text).toContain('detected: 1 of 2 (50 %)');
  expect(text).toContain('look-alikes: 0 quiet, 1 reported');
  expect(text).toContain('time to detect: mean 12.3 ms');
  expect(text).toContain('benign load: 600 s, 9 rounds in 1 containers, 2 false positives');
  expect(text).toContain('events lost: 3');
  expect(text).toContain('better: a was missed and is detected');
  expect(text).toContain('new: b, c, d');
  expect(text).not.toContain('\u001b[31m');
  expect(text).not.toContain('time to respond');
});

test('the JSON has the run, its score and the comparison', () => {
  const value: unknown = JSON.parse(drillJson(run, compareRuns(run, before)));
  expect(value).toMatchObject({
    ...{ format: 1, score: { detected: 1, judged: 2, falsePositives: 4, rulesThatDidNot: ['A'] } },
    comparison: { changes: [{ id: 'a', isBetter: true }] },
  });
});
