import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from '@runward/protocol';
import { signCommand } from '@runward/protocol/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Obedience } from './obedience.js';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519').privateKey;
const NODE = randomUUID();
const NOW = 1_700_000_000_000;
let folder = '';
let done: string[] = [];
let said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-obey-'));
  done = [];
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (now = NOW): Obedience =>
  new Obedience({
    ...{ node: NODE, file: join(folder, 'commands.json'), now: () => now, say: (text) => said.push(text) },
    commandKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    obey: async (action, by) => {
      done.push(`${by}: ${action.do}`);
      if (action.do === 'undo' && action.id === 'none') throw new Error('no such response');
      return 'a record';
    },
  });
const command = (change: Partial<Command> = {}): Command => ({
  ...{ id: randomUUID(), node: NODE, issuedMs: NOW, expiresMs: NOW + 60_000, by: 'anna' },
  ...{ action: { do: 'undo', id: 'r1' }, ...change },
});
const line = (what: Command, key: KeyObject = privateKey): string => JSON.stringify(signCommand(what, key));

test('what the server signed for this node is done, and answered with what came of it', async () => {
  const [fine, fails] = [command(), command({ action: { do: 'undo', id: 'none' } })];
  expect(await open().take(line(fine))).toEqual({
    command: fine.id,
    ok: true,
    problem: '',
    result: 'a record',
  });
  expect(await open().take(line(fails))).toMatchObject({ ok: false, problem: 'no such response' });
  expect(done).toEqual(['anna: undo', 'anna: undo']);
});

test.each<[string, Partial<Command>, RegExp]>([
  ['for another node', { node: randomUUID() }, /for another node/],
  ['that has expired', { issuedMs: NOW - 90_000, expiresMs: NOW - 30_000 }, /has expired/],
  ['from the future', { issuedMs: NOW + 30_000, expiresMs: NOW + 90_000 }, /from the future/],
])('a command %s is not obeyed, and that is answered', async (_, change, says) => {
  const answer = await open().take(line(command(change)));
  expect(answer).toMatchObject({ ok: false, problem: expect.stringMatching(says) });
  expect(done).toEqual([]);
});

test('clocks that differ a little do not matter', async () => {
  expect(await open(NOW - 9000).take(line(command()))).toMatchObject({ ok: true });
  expect(await open(NOW + 69_000).take(line(command()))).toMatchObject({ ok: true });
});

test('a command that comes again is not done again, after a restart neither', async () => {
  const text = line(command());
  const one = open();
  await one.take(text);
  expect(await one.take(text)).toMatchObject({ ok: false, problem: expect.stringMatching(/not done twice/) });
  expect(await open().take(text)).toMatchObject({
    ok: false,
    problem: expect.stringMatching(/not done twice/),
  });
  expect(done).toHaveLength(1);
});

test('what somebody else signed, or nobody, is not even answered', async () => {
  const one = open();
  for (const text of [
    line(command(), stranger),
    '{',
    '{}',
    '[]',
    JSON.stringify({ command: 'x', signature: '' }),
  ])
    expect(await one.take(text)).toBeUndefined();
  expect([done, said.length]).toEqual([[], 5]);
});

test('a command that cannot be noted is not begun', async () => {
  writeFileSync(join(folder, 'file'), '');
  const blocked = new Obedience({
    ...{ node: NODE, file: join(folder, 'file/commands.json'), now: () => NOW, say: () => undefined },
    commandKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    obey: async () => done.push('x'),
  });
  expect(await blocked.take(line(command()))).toMatchObject({ ok: false });
  expect(done).toEqual([]);
});
