import { describe, expect, test } from 'vitest';
import type { FlowId } from './flow.js';
import { type TrafficVerdict, VerdictBook } from './verdict-book.js';

const id = (facts: Partial<FlowId> = {}): FlowId => ({
  ...{ cgroup: 7, netns: 99, role: 'client', protocol: 'tcp', remote: '10.0.0.2', port: 5432 },
  ...facts,
});
const verdict = (facts: Partial<TrafficVerdict> = {}): TrafficVerdict => ({
  ...{ cgroup: 7, role: 'client', protocol: 'tcp', remote: '10.0.0.2', port: 5432, isEnforced: true },
  ...facts,
});

describe('the book of verdicts', () => {
  test('has what was denied, and would have been, beside the flow it was about', () => {
    const book = new VerdictBook();
    book.take(verdict(), 1000);
    book.take(verdict({ isEnforced: false }), 2000);
    book.take(verdict({ port: 22 }), 3000);
    expect(book.of(id())).toEqual({ allowed: 0, denied: 1, wouldDeny: 1, lastDeniedMs: 2000 });
    expect(book.of(id({ role: 'server' }))).toBeUndefined();
    expect(book.without([id()]).map((entry) => [entry.id.port, entry.counts.denied])).toEqual([[22, 1]]);
  });

  test('counts the connections that came to be while a policy judged', () => {
    const book = new VerdictBook();
    book.saw(id(), 3, true, 0);
    book.saw(id(), 5, false, 0);
    expect(book.of(id())?.allowed).toBe(5);
    const older = id({ port: 80 });
    book.saw(older, 100, false, 0);
    book.saw(older, 102, false, 0);
    expect(book.of(older)?.allowed).toBe(2);
    book.saw(older, 1, true, 0);
    expect(book.of(older)?.allowed).toBe(2);
    expect(book.without([])).toEqual([]);
  });

  test('forgets what is old, and what was heard of longest ago when it is full', () => {
    const book = new VerdictBook(2);
    for (const port of [1, 2, 1, 3]) book.take(verdict({ port }), port * 1000);
    expect(book.without([]).map((entry) => entry.id.port)).toEqual([1, 3]);
    expect(book.forgotten).toBe(1);
    book.sweep(10_000, 8000);
    expect(book.without([]).map((entry) => entry.id.port)).toEqual([3]);
  });
});
