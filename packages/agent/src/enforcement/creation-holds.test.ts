import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CreationHolds } from './creation-holds.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-holds-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const hold = new Map([['capabilities', 'abc']] as const);

test('what a container was created with is known to a later agent, until the container is gone', () => {
  new CreationHolds(folder).keep('web', hold);
  const later = new CreationHolds(folder);
  expect([later.of('web'), later.of('db')]).toEqual([hold, undefined]);
  later.forget('web');
  expect(later.of('web')).toBeUndefined();
});

test('what was never started is forgotten after an hour, what runs is not', () => {
  const holds = new CreationHolds(folder);
  for (const id of ['web', 'failed']) holds.keep(id, hold);
  holds.sweep(new Set(['web']), Date.now());
  expect(holds.of('failed')).toEqual(hold);
  holds.sweep(new Set(['web']), Date.now() + 3_700_000);
  expect([holds.of('web'), holds.of('failed')]).toEqual([hold, undefined]);
});

test.each(['', '[]', '{"id":"web","hold":7}', '{"id":"other","hold":{"capabilities":"x"}}'])(
  'a record that says %j says nothing',
  (text) => {
    const holds = new CreationHolds(folder);
    holds.keep('web', hold);
    const [name = ''] = readdirSync(join(folder, 'created'));
    writeFileSync(join(folder, 'created', name), text);
    expect(holds.of('web')).toBeUndefined();
  },
);

test('a folder that cannot be written keeps nothing from working', () => {
  writeFileSync(join(folder, 'created'), '');
  const holds = new CreationHolds(folder);
  holds.keep('web', hold);
  holds.sweep(new Set(), Date.now());
  expect(holds.of('web')).toBeUndefined();
});
