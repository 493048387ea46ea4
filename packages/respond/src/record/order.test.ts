import { describe, expect, test } from 'vitest';
import { RespondError } from '../error.js';
import { ACTIONS, orderOf } from './order.js';

describe('an order', () => {
  test.each([
    [{ action: 'pause' }, { action: 'pause' }],
    [
      { action: 'kill-process', pid: 7 },
      { action: 'kill-process', pid: 7 },
    ],
    [{ action: 'stop' }, { action: 'stop', graceMs: 10_000 }],
    [{ action: 'isolate' }, { action: 'isolate', allow: [] }],
    [
      { action: 'isolate', allow: ['10.0.0.0/8'], forMs: 5 },
      { action: 'isolate', allow: ['10.0.0.0/8'], forMs: 5 },
    ],
    [{ action: 'quarantine' }, { action: 'quarantine', by: 'pause', allow: [] }],
    [
      { action: 'throttle', pids: 5 },
      { action: 'throttle', pids: 5 },
    ],
    [{ action: 'snapshot' }, { action: 'snapshot', maxBytes: 1024 ** 3 }],
  ])('%j is taken', (given, order) => {
    expect(orderOf(given)).toEqual(order);
  });

  test.each([
    ['pause', 'the order is no object'],
    [null, 'the order is no object'],
    [{ action: 'explode' }, 'unknown action `explode`'],
    [{ action: 'pause', grace: 1 }, '`pause` takes no `grace`'],
    [{ action: 'kill-process' }, '`kill-process` needs `pid`'],
    [{ action: 'kill-process', pid: 1 }, '`pid` is no number from 2 to 4194304'],
    [{ action: 'kill-process', pid: 7.5 }, '`pid` is no whole number'],
    [{ action: 'stop', graceMs: 1e9 }, '`graceMs` is no number from 0 to 300000'],
    [{ action: 'quarantine', by: 'magic' }, '`magic` is no way to quarantine'],
    [{ action: 'throttle' }, '`throttle` has no limit'],
    [{ action: 'throttle', cpus: Number.NaN }, '`cpus` is no number from 0.01 to 4096'],
    [{ action: 'isolate', allow: [7] }, '`allow` is no list of at most 1024 texts'],
  ])('%j is refused: %s', (given, message) => {
    expect(() => orderOf(given)).toThrow(RespondError);
    expect(() => orderOf(given)).toThrow(message);
  });

  test('of each action can be given', () => {
    const least: Readonly<Record<string, object>> = {
      'kill-process': { pid: 7 },
      throttle: { cpus: 1 },
      label: { set: ['a=b'] },
      annotate: { remove: ['a'] },
      scale: { replicas: 0 },
      exec: { script: 'a' },
      webhook: { to: 'a' },
    };
    for (const action of ACTIONS) expect(orderOf({ action, ...least[action] }).action).toBe(action);
  });
});
