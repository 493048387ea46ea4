import { readFileSync } from 'node:fs';

/**
 * Nanoseconds to add to a CLOCK_BOOTTIME reading to get nanoseconds since the Unix epoch.
 *
 * Exact to the resolution of `/proc/uptime` (10 ms) unless `bootNowNs` is given by a caller that can read
 * the clock itself.
 */
export function bootToEpochOffsetNs(bootNowNs?: bigint): bigint {
  const boot =
    bootNowNs ?? BigInt(Math.round(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1e9));
  return BigInt(Date.now()) * 1_000_000n - boot;
}
