import type { ResponseRecord } from '@runward/respond';
import { expect, test } from 'vitest';
import { toldResponse } from './responses.js';

const who = { uid: 0, user: 'anna', program: 'runward' };
const record = (change: Partial<ResponseRecord>): ResponseRecord => ({
  ...{
    id: 'r1',
    action: 'capture',
    order: { action: 'capture' },
    why: 'a look',
    by: { kind: 'person', who },
  },
  target: { id: 'c1', name: 'web', runtime: 'runc', pod: '' },
  ...{ beganAt: '2026-11-30T10:00:00Z', result: 'done', notes: [], undo: [], ...change },
});

test.each([
  {
    change: { facts: { folder: '/kept/c1' } },
    what: 'capture done',
    why: 'a look; kept in /kept/c1',
    contains: false,
  },
  {
    change: { action: 'pause', order: { action: 'pause' } },
    what: 'pause done',
    why: 'a look',
    contains: true,
  },
  {
    change: {
      action: 'pause',
      order: { action: 'pause' },
      result: 'failed',
      error: { code: 'X', message: 'no' },
    },
    ...{ what: 'pause failed', why: 'a look; no', contains: false },
  },
  {
    change: { undone: { at: '', by: { kind: 'playbook', playbook: 'calm' }, why: 'over' } },
    ...{ what: 'capture undone', why: 'a look; over', contains: false },
  },
] as const)('a response is told with the incidents of its container: $what', ({ change, ...told }) => {
  // What a response has to say is its own; each case has what it changes.
  expect(toldResponse(record(change as Partial<ResponseRecord>))).toMatchObject({ container: 'c1', ...told });
});

test('a response that is under way is not told', () => {
  expect(toldResponse(record({ result: 'under-way' }))).toBeUndefined();
});
