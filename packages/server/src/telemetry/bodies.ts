import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Of one block: large enough that names of keys cost nothing, small enough that one body is read soon. */
const MOST_LINES = 128;
const MOST_CHARS = 256 * 1024;
// At once: a block takes 0.1 ms, and ten times that where it is handed to a thread in parts.
const compress = (text: string): Buffer =>
  zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });

/** Bodies of records of one kind, compressed together. */
export interface Block {
  readonly kind: string;
  /** The time of the latest of them: before that none of them is too old. */
  readonly latestMs: number;
  readonly data: Buffer;
}

interface Line {
  readonly kind: string;
  readonly timeMs: number;
  readonly body: string;
}

/** Which of the blocks, from 0 on, and which line of it. */
export interface BodyPlace {
  readonly block: number;
  readonly line: number;
}

export interface PackedBodies {
  readonly blocks: readonly Block[];
  /** As many as records, in their order. */
  readonly places: readonly BodyPlace[];
}

/** Bodies have no line breaks: they are JSON as it travels, a line each. */
export function packBodies(records: readonly Line[]): PackedBodies {
  const open = new Map<string, OpenBlock>();
  const all: OpenBlock[] = [];
  const places = records.map(({ kind, timeMs, body }): BodyPlace => {
    let block = open.get(kind);
    if (block === undefined || block.lines.length >= MOST_LINES || block.chars + body.length > MOST_CHARS) {
      block = { at: all.length, kind, lines: [], chars: 0, latestMs: 0 };
      open.set(kind, block);
      all.push(block);
    }
    block.chars += body.length;
    block.latestMs = Math.max(block.latestMs, timeMs);
    return { block: block.at, line: block.lines.push(body) - 1 };
  });
  const blocks = all.map(({ kind, latestMs, lines }) => ({
    ...{ kind, latestMs, data: compress(lines.join('\n')) },
  }));
  return { blocks, places };
}

interface OpenBlock {
  readonly at: number;
  readonly kind: string;
  readonly lines: string[];
  chars: number;
  latestMs: number;
}

/** The lines of a block. */
export const unpackBodies = (data: Uint8Array): readonly string[] =>
  zstdDecompressSync(data, { chunkSize: 64 * 1024 })
    .toString('utf8')
    .split('\n');
