import { expect, test } from 'vitest';
import { bootToEpochOffsetNs } from './clock.js';

test('the offset turns a boot time into now', () => {
  const bootNowNs = 123_456_789_000_000n;
  const before = BigInt(Date.now()) * 1_000_000n;
  const now = bootToEpochOffsetNs(bootNowNs) + bootNowNs;
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(BigInt(Date.now()) * 1_000_000n);
});

test('without a reading the clock of the machine is used, to a hundredth of a second', () => {
  const second = 1_000_000_000n;
  const difference = bootToEpochOffsetNs() - bootToEpochOffsetNs();
  expect(difference > -second && difference < second).toBe(true);
  expect(bootToEpochOffsetNs()).toBeLessThan(BigInt(Date.now()) * 1_000_000n);
});
