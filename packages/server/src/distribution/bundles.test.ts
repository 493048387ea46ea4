import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { bundleSchema } from '@runward/protocol';
import { verifyBundle } from '@runward/protocol/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Documents } from '../documents/index.js';
import { planSchema, Rollouts } from '../rollouts/index.js';
import { type Database, openState } from '../state/index.js';
import { Bundles } from './bundles.js';
import { Standings } from './standings.js';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const node = (cluster: string) => ({ id: randomUUID(), name: `n-${cluster}`, cluster });
const [shop, bank] = [node('shop'), node('bank')];
const author = { id: 'a', name: 'anna' };
let database: Database;
let documents: Documents;
let rollouts: Rollouts;
let bundles: Bundles;
let now: number;
beforeEach(async () => {
  now = 1000;
  database = await openState(':memory:');
  documents = new Documents(database);
  rollouts = new Rollouts(database, () => now);
  bundles = new Bundles(database, rollouts, privateKey, () => now);
});
afterEach(() => database.close());

async function approved(name: string, cluster = '*'): Promise<string> {
  const { id } = await documents.create(
    { kind: 'rules', name, cluster, namespace: '*', owner: 'o' },
    { text: `${name} 1`, note: '', author, source: '' },
  );
  await approve(id, 1);
  return id;
}
async function approve(id: string, number: number): Promise<void> {
  await documents.move(id, number, 'submit');
  await documents.decide(id, number, 'approve', { by: author, note: '' });
}
const begin = (document: string, version: number, nodes: readonly string[] = [], stages = 2) =>
  rollouts.begin({
    ...{ document, version, nodes, begunBy: 'b' },
    plan: planSchema.parse({ stages: Array(stages).fill({ percent: 100, soakMs: 0 }) }),
  });
const held = async (which: typeof shop) => {
  const { documents: all } = verifyBundle(await bundles.signedFor(which), publicKey);
  return all.map(({ name, version, text }) => `${name}@${version} ${text}`);
};

test('a node for which nothing ever was has no bundle', async () => {
  await approved('a');
  expect(await bundles.versionFor(shop)).toBe(0);
  await expect(bundles.signedFor(shop)).rejects.toMatchObject({ code: 'SERVER_NOT_FOUND' });
});

test('a stage reaches its nodes, the end all of the cluster, and each change is a bundle with a higher number', async () => {
  const id = await approved('a', 'shop');
  const second = { ...shop, id: randomUUID() };
  const rollout = await begin(id, 1, [shop.id]);
  const first = await bundles.versionFor(shop);
  expect([first, await bundles.versionFor(shop), await bundles.versionFor(second)]).toEqual([1000, 1000, 0]);
  expect(await held(shop)).toEqual(['a@1 a 1']);
  await rollouts.advance(rollout, [shop.id]);
  const [last] = await rollouts.running();
  if (last === undefined) throw new Error('it has ended');
  await rollouts.settle(last);
  expect(await held(second)).toEqual(['a@1 a 1']);
  expect(await bundles.versionFor(bank)).toBe(0);

  // Another version, which is rolled back: the nodes hold the one before, in a bundle that is newer still.
  await documents.save(id, { text: 'a 2', note: '', author, source: '' });
  await approve(id, 2);
  const again = await begin(id, 2, [shop.id]);
  expect([await held(shop), await held(second)]).toEqual([['a@2 a 2'], ['a@1 a 1']]);
  const middle = await bundles.versionFor(shop);
  await rollouts.back(again, 'why');
  expect(await held(shop)).toEqual(['a@1 a 1']);
  const end = await bundles.versionFor(shop);
  expect([middle > first, end > middle]).toEqual([true, true]);

  await rollouts.withdraw(id);
  expect(await held(shop)).toEqual([]);
});

test('a state that was put back gives no bundle the node has seen', async () => {
  await begin(await approved('a'), 1, [shop.id]);
  now = 5000;
  await bundles.versionFor(shop);
  await database.query('DELETE FROM bundles');
  now = 6000;
  expect(await bundles.versionFor(shop)).toBe(6000);
});

test('what is in force is taken back to what was before it, and that to nothing', async () => {
  const id = await approved('a');
  for (const number of [1, 2]) {
    if (number > 1) {
      await documents.save(id, { text: `a ${number}`, note: '', author, source: '' });
      await approve(id, number);
    }
    now += 10;
    await rollouts.settle(await begin(id, number, [], 1));
  }
  const states = async () => (await documents.versions(id, 9, 9)).map(({ state }) => state);
  expect(await states()).toEqual(['in-force', 'superseded']);
  expect(await rollouts.revert(id)).toEqual({ from: 2, to: 1 });
  expect(await states()).toEqual(['rolled-back', 'in-force']);
  expect(await rollouts.revert(id)).toEqual({ from: 1, to: null });
  expect(await states()).toEqual(['rolled-back', 'rolled-back']);
  await expect(rollouts.revert(id)).rejects.toThrow('no version of the document is in force');
});

test('one roll-out of a document at a time, and none of what is not approved', async () => {
  const id = await approved('a');
  await documents.save(id, { text: 'a 2', note: '', author, source: '' });
  await expect(begin(id, 2)).rejects.toThrow('version 2 is `draft` and cannot be rolled out');
  await begin(id, 1);
  await expect(begin(id, 1)).rejects.toThrow('version 1 is being rolled out');
  await expect(rollouts.withdraw(id)).rejects.toMatchObject({ code: 'SERVER_CONFLICT' });
});

test('a bundle is for its node and by its key alone', async () => {
  await begin(await approved('a'), 1, [shop.id]);
  const signed = await bundles.signedFor(shop);
  expect(bundleSchema.parse(JSON.parse(signed.bundle)).node).toBe(shop.id);
  const stranger = generateKeyPairSync('ed25519').publicKey;
  expect(() => verifyBundle(signed, stranger)).toThrow('not signed by the server');
  const forged = { ...signed, bundle: signed.bundle.replace('a 1', 'a 2') };
  expect(() => verifyBundle(forged, publicKey)).toThrow('not signed by the server');
});

test('what a node says takes the place of what it said; documents of others are left out', async () => {
  const [id, standings] = [await approved('a'), new Standings(database)];
  const said = { id, version: 1, state: 'failed', holds: null, why: 'no' } as const;
  await standings.record(shop.id, { bundle: 1, documents: [said, { ...said, id: 'other' }] });
  expect(await standings.of(id)).toMatchObject([{ node: shop.id, version: 1, state: 'failed', why: 'no' }]);
  await standings.record(shop.id, { bundle: 2, documents: [] });
  expect(await standings.of(id)).toEqual([]);
});
