import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROGRAM_HEAD_BYTES, programKind } from './program-kind.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** An ELF file with program headers of these types. */
function elf(bits: 32 | 64, types: readonly number[]): Uint8Array {
  const file = new Uint8Array(512);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, 1, 1]);
  const [at, start, sizeAt, size, countAt] = bits === 64 ? [32, 64, 54, 56, 56] : [28, 52, 42, 32, 44];
  view.setUint32(at, start, true);
  view.setUint16(sizeAt, size, true);
  view.setUint16(countAt, types.length, true);
  types.forEach((type, index) => void view.setUint32(start + index * size, type, true));
  return file;
}

describe('the beginning of a program', () => {
  it.each([
    ['a 64-bit program with a loader', elf(64, [6, 1, 3, 1]), 'dynamic'],
    ['a 32-bit program with a loader', elf(32, [6, 3]), 'dynamic'],
    ['a program without one', elf(64, [1, 1, 4]), 'static'],
    ['a script', text('#!/bin/sh\n'), 'script'],
    ['nothing', text(''), 'other'],
    ['text', text('hello'), 'other'],
    ['the beginning of the beginning', elf(64, [3]).subarray(0, 20), 'other'],
  ])('%s', (_, bytes, kind) => {
    expect(programKind(bytes, bytes.length)).toBe(kind);
  });

  it('is that of this very process too', () => {
    const bytes = readFileSync('/proc/self/exe').subarray(0, PROGRAM_HEAD_BYTES);
    expect(programKind(bytes, bytes.length)).toBe('dynamic');
  });

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, magic) => {
        if (magic) bytes.set([0x7f, 0x45, 0x4c, 0x46].slice(0, bytes.length));
        expect(['dynamic', 'static', 'script', 'other']).toContain(programKind(bytes, bytes.length));
      }),
    );
  });
});
