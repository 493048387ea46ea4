import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControlChangeBody } from '@runward/evidence';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Changes } from '../changes/index.js';
import { type Link, socketOfServer, startLink } from '../server.js';
import { askServer } from './client.js';

let folder = '';
let link: Link;
let recorded: ControlChangeBody[] = [];
let trouble: string | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rw-admin-'));
  [recorded, trouble] = [[], undefined];
  const changes: Changes = {
    get trouble() {
      return trouble;
    },
    record: async (change) => void recorded.push(change),
    read: async () => [],
  };
  link = await startLink({ state: folder, host: '127.0.0.1', port: 0, say: () => undefined, changes });
});
afterEach(async () => {
  await link.close();
  rmSync(folder, { recursive: true });
});

const ask = (path: string, body: object): Promise<unknown> => askServer(socketOfServer(folder), path, body);
const order = { cluster: 'main', node: null, replace: false, by: 'anna', validMs: 60_000 };

test('what is changed over the socket is on record, with who it was and without a secret', async () => {
  const { id, text } = (await ask('/tokens/create', order)) as { id: string; text: string };
  await ask('/tokens/list', {});
  await ask('/tokens/remove', { id, by: 'ben' });
  const who = (name: string) => ({ id: `operator:${name}`, name, through: 'socket' });
  expect(recorded).toMatchObject([
    { action: 'createEnrolmentToken', who: who('anna'), target: `enrolment-tokens/${id}` },
    { action: 'removeEnrolmentToken', who: who('ben'), target: `enrolment-tokens/${id}` },
  ]);
  expect(JSON.stringify(recorded)).not.toContain(text.split('.')[2]);
});

test('what was asked for and failed is on record as that', async () => {
  const asked = { node: 'nobody', by: 'anna', container: 'c', order: { action: 'pause' }, why: 'test' };
  await expect(ask('/nodes/respond', asked)).rejects.toThrow(/there is no node `nobody`/);
  expect(recorded).toMatchObject([{ action: 'respond', after: { failed: true } }]);
});

test('nothing is changed while it cannot be put on record', async () => {
  trouble = 'the disk is full';
  await expect(ask('/tokens/create', order)).rejects.toThrow(/cannot be put on record now: the disk is full/);
  expect(link.registry.tokens).toEqual([]);
});
