import type { FactView } from '@runward/rules';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FactCorrelator } from '../testing/fact-correlator.js';
import { type NaiveEvent, naiveSequence, naiveThreshold } from '../testing/naive-correlation.js';

const SECOND = 1e9;

/** Events of a few groups, mostly in order, sometimes late, at times that meet the edges of the window. */
const events: fc.Arbitrary<readonly NaiveEvent[]> = fc
  .array(
    fc.record({
      step: fc.constantFrom(0, 0.5, 1, 1, 2, 5, 10, 11),
      late: fc.constantFrom(0, 0, 0, 0, 1, 3),
      group: fc.constantFrom('g', 'g', 'h'),
      holds: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'x'), { maxLength: 2 }),
      value: fc.option(fc.constantFrom('1', '2', '3', '4'), { nil: undefined, freq: 5 }),
    }),
    { maxLength: 30 },
  )
  .map((all) => {
    let time = 1e15;
    return all.map(({ step, late, group, holds, value }) => {
      time += step * SECOND;
      const event = { timeNs: time - late * SECOND, group, holds: new Set(holds) };
      return value === undefined ? event : { ...event, value };
    });
  });

const facts = ({ timeNs, group, holds, value }: NaiveEvent, index: number): FactView => ({
  ...{ 'evt.type': 'connect', 'evt.num': index + 1, 'evt.rawtime': timeNs, 'container.id': group },
  'proc.cmdline': [...holds].join(' '),
  ...(value === undefined ? {} : { 'fd.name': value }),
});

/** Indexes of the events at which something is found. */
function run(text: string, all: readonly NaiveEvent[]): readonly { index: number; count: number }[] {
  const correlator = new FactCorrelator(text);
  return all.flatMap((event, index) =>
    correlator.judge(facts(event, index)).map(({ found }) => ({ index, count: found.count })),
  );
}

const HEAD = 'desc: d\n  priority: NOTICE\n  output: o\n  by: container\n  within: 10s';
const holds = (name: string): string => `evt.type = connect and proc.cmdline contains ${name}`;

describe('a sequence', () => {
  test.each([
    [[{ name: 'a' }, { name: 'b' }]],
    [[{ name: 'a' }, { name: 'b' }, { name: 'c' }]],
    [[{ name: 'a' }, { name: 'a' }, { name: 'b' }]],
    [[{ name: 'a' }, { name: 'b', without: 'x' }]],
    [[{ name: 'a' }, { name: 'b', without: 'x' }, { name: 'c', without: 'a' }]],
    [[{ name: 'a' }, { name: 'b' }, { name: 'c', without: 'b' }, { name: 'a', without: 'x' }]],
  ])('%j is found where the definition finds it', (steps: readonly { name: string; without?: string }[]) => {
    const written = steps.flatMap(({ name, without }, i) => [
      ...(without === undefined ? [] : [`    - without: ${holds(without)}`]),
      `    - name: s${i}\n      condition: ${holds(name)}`,
    ]);
    const text = `- sequence: S\n  ${HEAD}\n  steps:\n${written.join('\n')}\n`;
    fc.assert(
      fc.property(events, (all) => {
        expect(run(text, all).map(({ index }) => index)).toEqual(naiveSequence(all, steps, 10 * SECOND));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a threshold', () => {
  test.each([
    [1, false],
    [2, false],
    [4, false],
    [2, true],
    [3, true],
  ])('of %d (distinct: %s) is reached where the definition says', (atLeast, distinct) => {
    const text = `- threshold: T\n  ${HEAD}\n  condition: ${holds('a')}\n  at_least: ${atLeast}\n${
      distinct ? '  distinct: fd.name\n' : ''
    }`;
    fc.assert(
      fc.property(events, (all) => {
        expect(run(text, all)).toEqual(naiveThreshold(all, atLeast, 10 * SECOND, distinct));
      }),
      { numRuns: 300 },
    );
  });
});
