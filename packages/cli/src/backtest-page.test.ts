import type { BacktestSummary, Tallied } from '@runward/replay';
import { describe, expect, test } from 'vitest';
import { backtestHtml } from './backtest-html.js';
import { backtestText } from './backtest-text.js';
import { escapeHtml } from './html-page.js';

const HOSTILE = `"><script>alert(1)</script><img src=x onerror='y'>&\u202e\u001b[2J`;
const tallied = (output: string, count = 2): Tallied => ({
  count,
  firstAt: '2027-01-01T00:00:00.000000000Z',
  lastAt: '2027-01-01T01:00:00.000000000Z',
  firstOutput: output,
  lastOutput: output,
  examples: [output],
});
const summary = (facts: Partial<BacktestSummary> = {}): BacktestSummary => ({
  files: [
    {
      path: `${HOSTILE}.scap`,
      events: 9,
      from: '2027-01-01T00:00:00.000000000Z',
      to: null,
      complete: false,
      limits: [HOSTILE],
    },
  ],
  events: 9,
  from: '2027-01-01T00:00:00.000000000Z',
  to: '2027-01-01T01:00:00.000000000Z',
  coveredSeconds: 3600,
  compared: true,
  added: 2,
  gone: 2,
  both: 2,
  rules: [
    {
      rule: HOSTILE,
      priority: 'Warning',
      added: 2,
      gone: 2,
      both: 2,
      perHour: 4,
      workloads: [
        {
          workload: { image: HOSTILE, namespace: 'prod', pod: HOSTILE, container: HOSTILE },
          added: tallied(HOSTILE),
          gone: tallied(HOSTILE),
          both: tallied(HOSTILE),
        },
      ],
    },
  ],
  unjudged: [
    { rule: 'Keys', extent: 'none', reason: 'the history has no keyctl events' },
    { rule: HOSTILE, extent: 'part', reason: HOSTILE },
  ],
  gaps: [{ path: 'x', from: null, to: null, lost: 3, reason: 'ring was full' }],
  skipped: [{ path: 'x', kind: 'damaged', reason: HOSTILE, count: 1, bytes: 4, firstAt: 0 }],
  cpuSeconds: 0.1,
  ...facts,
});

describe('the page', () => {
  const page = backtestHtml(summary());

  test('has nothing in it that names and outputs of the history could have put there', () => {
    const tags = new Set([...page.matchAll(/<([a-z][a-z0-9]*)/gi)].map((m) => m[1]));
    expect(tags.has('script') || tags.has('img') || tags.has('link') || tags.has('iframe')).toBe(false);
    expect(page).not.toContain('\u202e');
    expect(page).not.toContain('\u001b');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    const attributes = [...page.matchAll(/<[a-z][^>]*>/gi)].flatMap(([tag]) =>
      [...tag.replace(/"[^"]*"/g, '""').matchAll(/\s([a-z-]+)=/g)].map((m) => m[1]),
    );
    expect(attributes.filter((name) => name?.startsWith('on'))).toEqual([]);
  });

  test('asks for nothing and allows nothing but its own style', () => {
    expect(page).toMatch(
      /http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^']+'/,
    );
    expect(page).not.toMatch(/(?:src|href)="(?!#)/);
    expect(page).not.toMatch(/\sstyle="/);
    expect(page).not.toMatch(/url\(|@import/);
  });

  test('is one balanced document with headed tables', () => {
    for (const tag of ['table', 'tr', 'td', 'th', 'section', 'details', 'div', 'p', 'main', 'html'])
      expect(page.match(new RegExp(`<${tag}[ >]`, 'g'))?.length, tag).toBe(
        page.match(new RegExp(`</${tag}>`, 'g'))?.length,
      );
    expect(page.match(/<table>/g)?.length).toBe(page.match(/<caption/g)?.length);
    expect(page).toContain('<html lang="en">');
    expect(page).toContain('prefers-color-scheme:dark');
  });

  test('says that nothing fired', () => {
    expect(backtestHtml(summary({ rules: [], unjudged: [], gaps: [], skipped: [] }))).toContain(
      'No rule would have fired.',
    );
  });
});

test('escaping leaves plain text alone', () => {
  expect(escapeHtml('nginx:1.27 /etc/x')).toBe('nginx:1.27 /etc/x');
});

describe('the text', () => {
  test('has the change, the numbers, examples and the limits', () => {
    const text = backtestText(summary());
    expect(text).toContain('4 detections with the new rules: 2 new, 2 as before; 2 would no longer fire');
    expect(text).toContain('[changed]: 2 new, 2 gone, 2 as before, 4.00 per hour');
    expect(text).toContain('Keys  the history has no keyctl events');
    expect(text).toContain('3 lost');
    expect(text).not.toContain('\u001b');
  });

  test('without a comparison has counts only', () => {
    const text = backtestText(summary({ compared: false }));
    expect(text).toContain('2 detections');
    expect(text).not.toContain('gone');
  });
});
