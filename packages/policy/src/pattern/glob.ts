/**
 * A pattern over bytes, as a tree. Every mechanism is made from it: the kernel's automaton, the profile of
 * AppArmor, the reference matcher. Paths and texts are taken as the bytes of their UTF-8.
 *
 * What a node accepts:
 * - literal: its text, byte for byte;
 * - one: any one byte; `/` only if `slash`;
 * - many: at least `atLeast` bytes; `/` among them only if `slash`;
 * - set: one byte that is in one of the ranges (or in none, if negated); `/` only if `slash` and not ruled out;
 * - directories: nothing, or anything that ends in `/`: two stars as a whole component;
 * - alternatives: any of the branches, which may be empty.
 *
 * A path never holds a zero byte, and no node accepts one.
 */
export type GlobNode =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'one'; readonly slash: boolean }
  | { readonly kind: 'many'; readonly slash: boolean; readonly atLeast: 0 | 1 }
  | {
      readonly kind: 'set';
      readonly ranges: readonly ByteRange[];
      readonly negated: boolean;
      readonly slash: boolean;
    }
  | { readonly kind: 'directories' }
  | { readonly kind: 'alternatives'; readonly branches: readonly Glob[] };

/** One after another. */
export type Glob = readonly GlobNode[];

/** Both ends included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

const SLASH = 0x2f;

/** Whether a node that takes one byte takes this one. */
export function acceptsByte(
  node: Extract<GlobNode, { kind: 'one' | 'many' | 'set' }>,
  byte: number,
): boolean {
  if (byte === 0 || (byte === SLASH && !node.slash)) return false;
  if (node.kind !== 'set') return true;
  return node.ranges.some(({ first, last }) => first <= byte && byte <= last) !== node.negated;
}

export const literal = (text: string): GlobNode => ({ kind: 'literal', text });
export const alternatives = (...branches: readonly Glob[]): GlobNode => ({ kind: 'alternatives', branches });
