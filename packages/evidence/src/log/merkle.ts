import { hash as hashOnce } from 'node:crypto';

const HASH_BYTES = 32;
const LEAF = 0;
const NODE = 1;
/** One buffer for each: what is hashed is gone before the next comes. */
const leafBytes = Buffer.alloc(1 + HASH_BYTES, LEAF);
const nodeBytes = Buffer.alloc(1 + 2 * HASH_BYTES, NODE);

function leafHash(leaf: Uint8Array): Buffer {
  leafBytes.set(leaf, 1);
  return hashOnce('sha256', leafBytes, 'buffer');
}

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  nodeBytes.set(left, 1);
  nodeBytes.set(right, 1 + HASH_BYTES);
  return hashOnce('sha256', nodeBytes, 'buffer');
}

interface Peak {
  readonly size: number;
  readonly hash: Buffer;
}

/**
 * The Merkle tree of RFC 6962, section 2.1, over leaves of 32 bytes, kept as the roots of its complete subtrees: its size is that
 * of a logarithm.
 */
export class MerkleTree {
  /** Largest first. */
  readonly #peaks: Peak[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(leaf: Uint8Array): void {
    let peak: Peak = { size: 1, hash: leafHash(leaf) };
    for (let last = this.#peaks.at(-1); last?.size === peak.size; last = this.#peaks.at(-1)) {
      this.#peaks.pop();
      peak = { size: peak.size * 2, hash: nodeHash(last.hash, peak.hash) };
    }
    this.#peaks.push(peak);
    this.#size += 1;
  }

  copy(): MerkleTree {
    const tree = new MerkleTree();
    tree.#peaks.push(...this.#peaks);
    tree.#size = this.#size;
    return tree;
  }

  /** Hexadecimal. */
  root(): string {
    const [smallest, ...larger] = this.#peaks.toReversed();
    if (smallest === undefined) return hashOnce('sha256', '', 'hex');
    return larger.reduce((right, { hash }) => nodeHash(hash, right), smallest.hash).toString('hex');
  }
}

/** The root over record hashes, both hexadecimal. */
export function merkleRoot(hashes: Iterable<string>): string {
  const tree = new MerkleTree();
  for (const hash of hashes) tree.add(Buffer.from(hash, 'hex'));
  return tree.root();
}

/** From a leaf to the root (RFC 9162, section 2.1.3.1): the hashes beside the way, the lowest first. All hexadecimal. */
export function auditPath(hashes: readonly string[], index: number): readonly string[] {
  const path: string[] = [];
  let level = hashes.map((hash) => leafHash(Buffer.from(hash, 'hex')));
  for (let at = index; level.length > 1; at = at >> 1) {
    const beside = level[at ^ 1];
    if (beside !== undefined) path.push(beside.toString('hex'));
    // A node without a neighbour stands for itself one level up.
    level = level
      .filter((_, i) => i % 2 === 0)
      .map((left, i) => {
        const right = level[2 * i + 1];
        return right === undefined ? left : nodeHash(left, right);
      });
  }
  return path;
}

interface Leaf {
  /** Hexadecimal. */
  readonly hash: string;
  readonly index: number;
  /** Of the whole tree. */
  readonly size: number;
}

/** Whether a leaf of a tree leads to a root by the hashes beside its way (RFC 9162, section 2.1.3.2). */
export function pathLeadsTo(root: string, { hash, index, size }: Leaf, path: readonly string[]): boolean {
  if (index >= size) return false;
  const half = (n: number): number => Math.floor(n / 2);
  let [at, last] = [index, size - 1];
  let reached = leafHash(Buffer.from(hash, 'hex'));
  for (const beside of path) {
    if (last === 0) return false;
    const other = Buffer.from(beside, 'hex');
    if (at % 2 === 1 || at === last) {
      reached = nodeHash(other, reached);
      for (; at % 2 === 0 && at !== 0; last = half(last)) at = half(at);
    } else reached = nodeHash(reached, other);
    at = half(at);
    last = half(last);
  }
  return last === 0 && reached.toString('hex') === root;
}
