import { describe, expect, test } from 'vitest';
import type { Incident, StoredRecord } from '../api/types.js';
import { knownAfter, responseTime, spanText, timesOf } from './times.js';

type Looked = Pick<Incident['changes'][number], 'atMs' | 'what' | 'to'>;
const incident = (...changes: readonly Looked[]) => ({ firstMs: 1000, changes }) as unknown as Incident; // all that is looked at

describe('how soon', () => {
  test('is a mean and a median, of none nothing', () => {
    expect(timesOf([])).toBeUndefined();
    expect(timesOf([1, 100, 4])).toEqual({ count: 3, meanMs: 35, medianMs: 4 });
  });

  test('something was known is by the clock of the server', () => {
    const record = { timeMs: 10_000, skewMs: 9000, receivedMs: 1500 } as StoredRecord; // all that is looked at
    expect(knownAfter(record)).toBe(500);
  });

  test.each<[string, Incident, readonly number[]]>([
    [
      'the first response',
      incident(
        { atMs: 2000, what: 'assigned', to: 'me' },
        { atMs: 3000, what: 'response', to: 'paused' },
        { atMs: 9000, what: 'response', to: 'x' },
      ),
      [2000],
    ],
    ['being contained', incident({ atMs: 2500, what: 'state', to: 'contained' }), [1500]],
    ['no being looked at', incident({ atMs: 2500, what: 'state', to: 'investigating' }), []],
  ])('something was done is %s', (_, each, expected) => {
    expect(responseTime(each)).toEqual(expected);
  });

  test.each([
    [12, '12 ms'],
    [1234, '1.2 s'],
    [180_000, '3 min'],
    [7_200_000, '2.0 h'],
    [259_200_000, '3 d'],
  ])('%i ms is %s', (ms, text) => {
    expect(spanText(ms)).toBe(text);
  });
});
