import { acceptsByte, type Glob } from '../../pattern/glob.js';

const encoder = new TextEncoder();

/** A set of bytes, as one character per byte: equal sets are equal strings. */
type ByteSet = string;

/** Bytes that no pattern tells apart are one class. */
export interface ByteClasses {
  /** Class of each byte, from 1. */
  readonly of: Uint8Array;
  readonly count: number;
  /** The classes a node that takes one byte takes. */
  classesOf(key: string): readonly number[];
}

/** What names the set of bytes a node takes; nodes with equal sets may have different keys. */
export function keyOf(node: Extract<Glob[number], { kind: 'one' | 'many' | 'set' }>): string {
  const ranges =
    node.kind === 'set' ? `${node.negated}${node.ranges.map((r) => `${r.first}-${r.last}`).join(',')}` : '';
  return `${node.slash ? '/' : ''}:${ranges}`;
}

/** Any byte at all; `directories` has it. */
export const ANY_KEY = '/:';

const setOf = (accepts: (byte: number) => boolean): ByteSet =>
  Array.from({ length: 256 }, (_, byte) => (accepts(byte) ? '1' : '0')).join('');

/** Classes for these patterns. A path never holds a zero byte: it is in some class, whichever. */
export function byteClasses(globs: Iterable<Glob>): ByteClasses {
  const literals = new Set<number>([0x2f]);
  const sets = new Map<string, ByteSet>([[ANY_KEY, setOf((byte) => byte !== 0)]]);
  const visit = (glob: Glob): void => {
    for (const node of glob) {
      if (node.kind === 'literal') for (const byte of encoder.encode(node.text)) literals.add(byte);
      else if (node.kind === 'alternatives') node.branches.forEach(visit);
      else if (node.kind !== 'directories' && !sets.has(keyOf(node)))
        sets.set(
          keyOf(node),
          setOf((byte) => acceptsByte(node, byte)),
        );
    }
  };
  for (const glob of globs) visit(glob);
  const of = new Uint8Array(256);
  const classes = new Map<string, number>();
  for (let byte = 1; byte < 256; byte += 1) {
    const told = literals.has(byte) ? String(byte) : [...sets.values()].map((set) => set[byte]).join('');
    const known = classes.get(told) ?? classes.size + 1;
    classes.set(told, known);
    of[byte] = known;
  }
  of[0] = 1;
  const members = new Map(
    [...sets].map(([key, set]) => [
      key,
      [...new Set([...set].flatMap((bit, byte) => (bit === '1' ? [of[byte] ?? 1] : [])))].sort(
        (a, b) => a - b,
      ),
    ]),
  );
  return { of, count: classes.size, classesOf: (key) => members.get(key) ?? [] };
}
