import type { PathPattern } from '../../model/policy.js';
import { acceptsByte, type Glob, type GlobNode } from '../../pattern/glob.js';
import { globOf } from '../../pattern/path-pattern.js';

/**
 * A pattern as a regular expression of file_contexts(5): anchored at both ends by who reads it, over bytes, and
 * without a blank, which ends it.
 */
export const contextRegex = (pattern: PathPattern): string => regexOf(globOf(pattern));

const regexOf = (glob: Glob): string => glob.map(nodeText).join('');

const SPECIAL = /[.^$?*+|[\](){}\\]/g;
const escaped = (text: string): string => text.replace(SPECIAL, '\\$&').replace(/ /g, '\\x20');

function nodeText(node: GlobNode): string {
  switch (node.kind) {
    case 'literal':
      return escaped(node.text);
    case 'one':
      return '[^/]';
    case 'many':
      return `${node.slash ? '.' : '[^/]'}${node.atLeast === 1 ? '+' : '*'}`;
    case 'directories':
      return '(.*/)?';
    case 'alternatives':
      return `(${node.branches.map(regexOf).join('|')})`;
    case 'set':
      return setText(node);
  }
}

/** Each byte by its number: none has a meaning of its own. */
function setText(node: Extract<GlobNode, { kind: 'set' }>): string {
  const bytes = Array.from({ length: 255 }, (_, byte) => byte + 1).filter((byte) => acceptsByte(node, byte));
  const ranges: [number, number][] = [];
  for (const byte of bytes) {
    const before = ranges.at(-1);
    if (before !== undefined && before[1] + 1 === byte) before[1] = byte;
    else ranges.push([byte, byte]);
  }
  return `[${ranges.map(([first, last]) => (first === last ? member(first) : `${member(first)}-${member(last)}`)).join('')}]`;
}

const member = (byte: number): string =>
  /[A-Za-z0-9]/.test(String.fromCharCode(byte))
    ? String.fromCharCode(byte)
    : `\\x${byte.toString(16).padStart(2, '0')}`;
