import type { Difference } from '@runward/attest';
import type { Detection } from '@runward/detect';
import { expect, test } from 'vitest';
import { Causes } from './causes.js';

// Of a detection only the call and the container are looked at.
const call = (type: string, n: number): Detection =>
  ({ event: { type, number: n }, container: { id: 'c' } }) as Detection;
const difference = (what: string): Difference => ({ what, effect: 'weaker', text: '' });

test('the last call that can have done it is the cause, and none is where no call can', () => {
  const causes = new Causes();
  for (const [n, type] of ['mount', 'capset', 'mount', 'setns'].entries()) causes.hear(call(type, n));
  const numberOf = (what: string) => causes.of('c', [difference(what)]).cause?.event.number;
  expect(['mounts./mnt', 'beyond.capabilities', 'process.capabilities.CAP_KILL'].map(numberOf)).toEqual([
    2, 3, 1,
  ]);
  expect(causes.of('c', [difference('limits.pids')])).toEqual({ cause: undefined, possible: false });
  expect(causes.of('other', [difference('mounts./mnt')])).toEqual({ cause: undefined, possible: true });
  causes.forget('c');
  expect(numberOf('mounts./mnt')).toBeUndefined();
});

test('of many calls the last are remembered', () => {
  const causes = new Causes();
  causes.hear(call('capset', 0));
  for (let n = 1; n <= 16; n += 1) causes.hear(call('mount', n));
  expect(causes.of('c', [difference('process.capabilities.CAP_KILL')]).cause).toBeUndefined();
  expect(causes.of('c', [difference('mounts./x')]).cause?.event.number).toBe(16);
});
