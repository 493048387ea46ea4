import { expect, it } from 'vitest';
import { parseTimestampNs } from './time.js';

it.each([
  ['2026-11-23T22:34:36.384123754Z', 1795473276384123754n],
  ['2026-11-23T22:34:36Z', 1795473276000000000n],
  ['2026-11-23T23:34:36.5+01:00', 1795473276500000000n],
  ['0001-01-01T00:00:00Z', 0n],
  ['2026-13-45T99:99:99Z', 0n],
  ['yesterday', 0n],
  ['', 0n],
  [17, 0n],
  [undefined, 0n],
])('reads %j as %s', (value, expected) => {
  expect(parseTimestampNs(value)).toBe(expected);
});
