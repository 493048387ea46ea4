import { expect, test } from 'vitest';
import { fieldValue, type TestEvent, testView } from '../testing/index.js';

const T = 1_800_000_000_000_000_000n;
const event: TestEvent = { timeNs: T + 2_500_000_000n, streamStartNs: T, previousTimeNs: T + 1_400_000_000n };
const late: TestEvent = { ...event, previousTimeNs: T + 9_000_000_000n };

test.each<[field: string, event: TestEvent, expected: unknown]>([
  ['evt.reltime', event, 2_500_000_000n],
  ['evt.reltime.s', event, 2],
  ['evt.reltime.ns', event, 500_000_000],
  ['evt.reltime', {}, undefined],
  ['evt.deltatime', event, 1_100_000_000n],
  ['evt.deltatime.s', event, 1],
  ['evt.deltatime.ns', event, 100_000_000],
  ['evt.deltatime', {}, undefined],
  ['evt.deltatime', late, 0n],
  [`evt.around[${T}]`, event, 2500],
  [`evt.around[${T + 2_600_000_000n}]`, event, 100],
  ['evt.around[soon]', event, undefined],
  ['evt.count.exit', event, 1],
  ['evt.is_async', event, false],
  ['evt.buflen', { type: 'read', result: 7 }, 7],
  ['evt.buflen.in', { type: 'read', result: 7 }, 7],
  ['evt.buflen.out', { type: 'read', result: 7 }, undefined],
  ['evt.buflen.out', { type: 'write', result: 7 }, 7],
  ['evt.buflen.file.in', { type: 'read', result: 7, objectKind: 'file' }, 7],
  ['evt.buflen.net', { type: 'read', result: 7, objectKind: 'file' }, undefined],
  ['evt.buflen.net.out', { type: 'sendto', result: 7, objectKind: 'ipv6' }, 7],
  ['evt.buflen.net.out', { type: 'sendto', result: -11, objectKind: 'ipv6' }, undefined],
])('%s', (field, given, expected) => {
  expect(fieldValue(testView(given), field)).toEqual(expected);
});
