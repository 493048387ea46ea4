import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainDetection } from '../testing/plain-detection.js';
import { NoiseFilter } from './noise-filter.js';
import type { NoiseOptions } from './noise-options.js';

/** What is passed on, shortly: rule and output, then the count of a summary. */
function filter(options: Partial<NoiseOptions> = {}) {
  const lines: string[] = [];
  const noise = new NoiseFilter({ groupMs: 10_000, perMinute: 0, ...options }, (d) => {
    const what = d.limited === true ? 'limited' : 'times';
    lines.push(d.count === undefined ? `${d.rule} ${d.output}` : `${d.rule} ${d.output} ${d.count} ${what}`);
  });
  return { noise, lines };
}

const at = (seconds: number, output = 'o', rule = 'R', container = 'c') =>
  plainDetection({ timeMs: seconds * 1000, output, rule, container });

describe('grouping', () => {
  test('passes the first on at once and the others as a count when the group closes', () => {
    const { noise, lines } = filter();
    for (const s of [0, 1, 2, 9]) noise.take(at(s));
    expect(lines).toEqual(['R o']);
    noise.advance(9999);
    expect(lines).toEqual(['R o']);
    noise.advance(10_000);
    expect(lines).toEqual(['R o', 'R o 4 times']);
    noise.take(at(11));
    expect(lines.at(-1)).toBe('R o');
  });

  test('tells first and last time in the summary', () => {
    const seen: unknown[] = [];
    const noise = new NoiseFilter({ groupMs: 1000, perMinute: 0 }, (d) =>
      seen.push([d.time, d.firstTime, d.lastTime]),
    );
    for (const s of [1, 1.5]) noise.take(at(s));
    noise.close();
    const [first, last] = ['1970-01-01T00:00:01.000000000Z', '1970-01-01T00:00:01.500000000Z'];
    expect(seen).toEqual([
      [first, undefined, undefined],
      [last, first, last],
    ]);
  });

  test.each([
    ['output', at(1, 'other')],
    ['rule', at(1, 'o', 'S')],
    ['container', at(1, 'o', 'R', 'd')],
  ])('keeps apart what differs in its %s', (_, other) => {
    const { noise, lines } = filter();
    noise.take(at(0));
    noise.take(other);
    expect(lines).toHaveLength(2);
  });

  test('of one detection has no summary, and none is made when switched off', () => {
    const { noise, lines } = filter();
    noise.take(at(0));
    noise.close();
    expect(lines).toEqual(['R o']);
    const off = filter({ groupMs: 0 });
    for (const s of [0, 0, 0]) off.noise.take(at(s));
    off.noise.close();
    expect(off.lines).toEqual(['R o', 'R o', 'R o']);
  });
});

describe('the rate limit', () => {
  test('holds back what is too much, tells how much after a minute, and lets through again', () => {
    const { noise, lines } = filter({ groupMs: 0, perMinute: 2 });
    for (let i = 0; i < 5; i++) noise.take(at(0, `o${i}`));
    expect(lines).toEqual(['R o0', 'R o1']);
    noise.advance(60_000);
    expect(lines.at(-1)).toBe('R o4 3 limited');
    noise.take(at(61, 'again'));
    expect(lines.at(-1)).toBe('R again');
    expect(noise.stats).toEqual({ grouped: 0, limited: 3 });
  });

  test('is for each rule and container: the first of another is never held back', () => {
    const { noise, lines } = filter({ groupMs: 0, perMinute: 1 });
    for (let i = 0; i < 3; i++) noise.take(at(0, `o${i}`));
    noise.take(at(0, 'o', 'S'));
    noise.take(at(0, 'o', 'R', 'd'));
    expect(lines).toEqual(['R o0', 'S o', 'R o']);
  });
});

test('every detection is passed on or counted, whatever comes', () => {
  const detection = fc.record({
    step: fc.integer({ min: 0, max: 20_000 }),
    output: fc.constantFrom('a', 'b', 'c'),
    rule: fc.constantFrom('R', 'S'),
    container: fc.constantFrom('c', 'd'),
  });
  const options = fc.record({
    groupMs: fc.constantFrom(0, 1000, 30_000),
    perMinute: fc.constantFrom(0, 1, 3),
  });
  fc.assert(
    fc.property(fc.array(detection), options, (all, chosen) => {
      let told = 0;
      const firsts = new Set<string>();
      const noise = new NoiseFilter(chosen, (d) => {
        const key = `${d.rule} ${d.container?.id}`;
        if (d.count === undefined) firsts.add(key);
        // The first of a group was passed on by itself, what the limit holds back was not.
        told += d.count === undefined ? 1 : d.limited === true ? d.count : d.count - 1;
      });
      let timeMs = 0;
      for (const { step, ...facts } of all) {
        timeMs += step;
        noise.take(plainDetection({ timeMs, ...facts }));
        expect(firsts).toContain(`${facts.rule} ${facts.container}`);
      }
      noise.close();
      expect(told).toBe(all.length);
    }),
  );
});
