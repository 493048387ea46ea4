import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EvidenceLog } from './evidence-log.js';
import { FolderDisk } from './folder-disk.js';
import type { KeySealer } from './key-sealer.js';
import { verifyLog } from './verify/verify-log.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-evidence-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Hardware of its own: what is sealed is its mark, and the secret turned over. */
const hardware = (mark: number): KeySealer => ({
  seal: async (secret) => Buffer.from([mark, ...secret.map((byte) => byte ^ 0xff)]),
  unseal: async ([made, ...rest]) =>
    made === mark ? Buffer.from(rest.map((byte) => byte ^ 0xff)) : undefined,
});
let said: string[] = [];
const open = (sealer?: KeySealer): Promise<EvidenceLog> => {
  said = [];
  const say = (message: string): void => void said.push(message);
  return EvidenceLog.open(new FolderDisk(folder), {
    host: 'node-1',
    producer: 'test',
    sealer,
    say,
    retryMs: 10,
  });
};
async function write(sealer?: KeySealer): Promise<void> {
  const log = await open(sealer);
  expect(await log.append('agent.stop', { why: 'x' })).toMatchObject({ kept: true });
  await log.close();
}
const verified = () => verifyLog(new FolderDisk(folder));
const keyFiles = (): readonly string[] =>
  readdirSync(join(folder, 'private')).map((name) => readFileSync(join(folder, 'private', name), 'utf8'));

test('keys that hardware seals are on the disk as it sealed them, and the log goes on with them', async () => {
  await write(hardware(1));
  expect(keyFiles()).toEqual([expect.stringMatching(/^-----BEGIN RUNWARD SEALED KEY-----\n/)]);
  await write(hardware(1));
  expect(await verified()).toMatchObject({ errors: 0, sealed: 2, segments: 2 });
  expect((await verified()).findings).toEqual([]);
});

test('without hardware it is said that keys are on the disk', async () => {
  await write();
  const log = await open();
  await vi.waitFor(() => expect(log.status.keyIn).toBe('disk'));
  await log.close();
  expect(await verified()).toMatchObject({ sealed: 0 });
});

test('a log whose key was on the disk seals the next one', async () => {
  await write();
  await write(hardware(1));
  await write(hardware(1));
  expect(await verified()).toMatchObject({ errors: 0, sealed: 1, segments: 3 });
});

test('a log whose key is sealed waits for its hardware, and says so', async () => {
  await write(hardware(1));
  const log = await open();
  const waiting = log.append('agent.stop', { why: 'late' });
  await vi.waitFor(() => expect(said.join()).toMatch(/sealed to a TPM, and none was given/));
  await log.close();
  expect(await waiting).toMatchObject({ kept: false });
  await write(hardware(1));
  expect(await verified()).toMatchObject({ errors: 0 });
});

test('a copy of the folder beside other hardware goes on under a key that nothing vouches for, for ever visibly', async () => {
  await write(hardware(1));
  await write(hardware(2));
  expect(said.join()).toMatch(/not on this machine any more/);
  expect((await verified()).errors).toBeGreaterThan(0);
});
