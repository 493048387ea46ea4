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

  test('counts the connections that came to be while a policy judged, and knows that one did', () => {
    const book = new VerdictBook();
    book.allowed(id(), 3, 0);
    book.allowed(id(), 2, 0);
    book.allowed(id({ port: 80 }), 0, 0);
    expect([book.of(id())?.allowed, book.of(id({ port: 80 }))?.allowed]).toEqual([5, 0]);
    expect(book.of(id({ port: 81 }))).toBeUndefined();
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
