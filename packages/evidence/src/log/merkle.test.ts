import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { MerkleTree, merkleRoot } from './merkle.js';

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest();

/** As RFC 6962, section 2.1 defines it, word by word. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return sha256(Buffer.of(0), first);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

test('the root is that of RFC 6962 for every number of leaves', () => {
  const leaves = Array.from({ length: 70 }, (_, i) => sha256(Buffer.of(i)));
  for (let n = 0; n <= leaves.length; n += 1)
    expect(merkleRoot(leaves.slice(0, n).map((leaf) => leaf.toString('hex'))), `${n} leaves`).toBe(
      treeHash(leaves.slice(0, n)).toString('hex'),
    );
});

test('a copy grows by itself', () => {
  const tree = new MerkleTree();
  for (let i = 0; i < 5; i += 1) tree.add(sha256(Buffer.of(i)));
  const root = tree.root();
  const copy = tree.copy();
  copy.add(sha256(Buffer.of(5)));
  expect([tree.root(), tree.size, copy.size]).toEqual([root, 5, 6]);
  expect(copy.root()).not.toBe(root);
});
