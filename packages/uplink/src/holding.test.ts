import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BundleDocument } from '@runward/protocol';
import { signBundle, signCommand } from '@runward/protocol/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Holding } from './holding.js';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519').privateKey;
const NODE = randomUUID();
let folder = '';
let put: string[] = [];
let said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-holding-'));
  put = [];
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const names = (documents: readonly BundleDocument[]): string =>
  documents.map(({ name, version }) => `${name}@${version}`).join(' ');
/** Documents called `bad` fail. */
const open = (): Holding =>
  new Holding({
    ...{ node: NODE, folder, say: (text) => void said.push(text) },
    commandKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    putInForce: async (documents, sound) => {
      put.push(`${names(documents)} after ${names(sound)}`);
      return documents.map(({ id, name, version }) => ({
        ...{ id, version, state: name === 'bad' ? 'failed' : 'in-force', holds: null, why: '' },
      }));
    },
  });
const document = (name: string, version = 1): BundleDocument => ({
  ...{ id: name, kind: 'rules', name, version, text: 't' },
});
const signed = (
  version: number,
  documents: readonly BundleDocument[],
  { node = NODE, key = privateKey } = {},
) => JSON.stringify(signBundle({ node, version, documents: [...documents] }, key));

test('a bundle is kept, put in force and told of, and holds after a restart', async () => {
  const holding = open();
  expect([holding.version, holding.standing]).toEqual([0, undefined]);
  await holding.take(signed(5, [document('a')]));
  expect(holding.standing).toMatchObject({
    bundle: 5,
    documents: [{ id: 'a', version: 1, state: 'in-force' }],
  });
  expect(statSync(join(folder, 'bundle.json')).mode & 0o777).toBe(0o600);
  const again = open();
  expect(again.version).toBe(5);
  await again.settled();
  expect(put).toEqual(['a@1 after ', 'a@1 after a@1']);
});

test('the same is not put in force again, an older one is refused, also after a restart', async () => {
  const first = open();
  await first.take(signed(5, [document('a')]));
  await first.take(signed(5, [document('a')]));
  await expect(first.take(signed(4, [document('a', 2)]))).rejects.toThrow(
    'is older than the one at hand (4, 5)',
  );
  await expect(open().take(signed(4, [document('a', 2)]))).rejects.toThrow('is older');
  expect(put).toEqual(['a@1 after ', 'a@1 after a@1']);
});

test.each([
  ['that is for another node', signed(9, [document('a')], { node: randomUUID() }), /is for another node/],
  ['that somebody else signed', signed(9, [document('a')], { key: stranger }), /not signed by the server/],
  [
    'that was changed on its way',
    signed(9, [document('a')]).replace('rules', 'drill'),
    /not signed by the server/,
  ],
  [
    'that is a command',
    JSON.stringify(
      signCommand(
        { id: randomUUID(), node: NODE, issuedMs: 0, expiresMs: 1, by: 'a', action: { do: 'undo', id: 'x' } },
        privateKey,
      ),
    ),
    /is not as agreed/,
  ],
  [
    'with a document of no kind',
    signed(9, [{ ...document('a'), kind: 'x' as 'rules' }]),
    /not as agreed at `documents\.0\.kind`/,
  ],
  ['that is no JSON', '{', /is no JSON/],
] as const)('a bundle %s is refused, and nothing is written', async (_, text, says) => {
  const holding = open();
  await expect(holding.take(text)).rejects.toThrow(says);
  expect([holding.version, put]).toEqual([0, []]);
  expect(() => statSync(join(folder, 'bundle.json'))).toThrow();
});

test('a signature of a bundle is none of a command', async () => {
  const { bundle, signature } = signBundle({ node: NODE, version: 1, documents: [] }, privateKey);
  const { verifyCommand } = await import('@runward/protocol/node');
  expect(() => verifyCommand({ command: bundle, signature }, publicKey)).toThrow('not signed');
});

test('what somebody changed on the disk is not put in force', async () => {
  await open().take(signed(5, [document('a')]));
  const path = join(folder, 'bundle.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('rules', 'drill'));
  const holding = open();
  await holding.settled();
  expect([holding.version, put.length]).toEqual([0, 1]);
  expect(said.at(-1)).toMatch(/bundle\.json` is not taken: .*not signed/);
});

test('what failed leaves the last sound bundle for those who fall back to it', async () => {
  const holding = open();
  await holding.take(signed(1, [document('a')]));
  await holding.take(signed(2, [document('a', 2), document('bad')]));
  await holding.take(signed(3, [document('a', 3)]));
  expect(put).toEqual(['a@1 after ', 'a@2 bad@1 after a@1', 'a@3 after a@1']);
});
