import { createHash } from 'node:crypto';

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The Merkle tree of RFC 6962, section 2.1, kept as the roots of its complete subtrees: its size is that of a logarithm. */
export class MerkleTree {
  /** Largest first, each with the number of its leaves. */
  #peaks: readonly { readonly size: number; readonly hash: Buffer }[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(leaf: Uint8Array): void {
    let peak = { size: 1, hash: sha256(LEAF, leaf) };
    const peaks = [...this.#peaks];
    for (let last = peaks.at(-1); last?.size === peak.size; last = peaks.at(-1)) {
      peaks.pop();
      peak = { size: peak.size * 2, hash: sha256(NODE, last.hash, peak.hash) };
    }
    peaks.push(peak);
    this.#peaks = peaks;
    this.#size += 1;
  }

  copy(): MerkleTree {
    const tree = new MerkleTree();
    tree.#peaks = this.#peaks;
    tree.#size = this.#size;
    return tree;
  }

  /** Hexadecimal. */
  root(): string {
    const [smallest, ...larger] = this.#peaks.toReversed();
    if (smallest === undefined) return sha256().toString('hex');
    return larger.reduce((right, { hash }) => sha256(NODE, hash, right), smallest.hash).toString('hex');
  }
}

/** The root over record hashes, both hexadecimal. */
export function merkleRoot(hashes: Iterable<string>): string {
  const tree = new MerkleTree();
  for (const hash of hashes) tree.add(Buffer.from(hash, 'hex'));
  return tree.root();
}
