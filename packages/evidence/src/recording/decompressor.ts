import { constants, createZstdDecompress, type ZstdDecompress, zstdDecompressSync } from 'node:zlib';

/** The synchronous core of Node's streams (lib/zlib.js), as packages that inflate in place use it. */
interface Engine {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputLength: number,
    output: Uint8Array,
    outputAt: number,
    outputLength: number,
  ): void;
  reset(): void;
  onerror: (message: string) => void;
}
interface Internals {
  readonly _handle?: Partial<Engine> | null;
  /** After a call: bytes of output not used, bytes of input not read. */
  readonly _writeState?: Uint32Array;
}

function engineOf(stream: Internals): { readonly engine: Engine; readonly left: Uint32Array } | undefined {
  const { _handle: engine, _writeState: left } = stream;
  const isUsable = typeof engine?.writeSync === 'function' && typeof engine.reset === 'function';
  return isUsable && left instanceof Uint32Array ? { engine: engine as Engine, left } : undefined; // just looked at
}

/**
 * Decompresses blocks one after the other into one buffer. Each `zstdDecompressSync` makes an engine and a
 * buffer; for blocks by the thousand, collecting those takes longer than decompressing. Where this Node.js has no
 * such engine inside its streams, that is what is used.
 */
export class Decompressor {
  #stream: ZstdDecompress & Internals = createZstdDecompress();
  #inside = this.#open();
  #output: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #failed = false;

  #open(): ReturnType<typeof engineOf> {
    const inside = engineOf(this.#stream);
    if (inside !== undefined) {
      inside.engine.onerror = () => {
        this.#failed = true;
      };
    }
    return inside;
  }

  /** Exactly `length` bytes, good until the next call; undefined when the input is damaged or of another length. */
  decompress(input: Uint8Array, length: number): Uint8Array<ArrayBuffer> | undefined {
    if (this.#inside === undefined) return decompressAlone(input, length);
    const { engine, left } = this.#inside;
    // One byte more than there should be: what is too long shows.
    if (this.#output.length < length + 1) this.#output = new Uint8Array(length + 1);
    this.#failed = false;
    engine.reset();
    engine.writeSync(constants.ZSTD_e_end, input, 0, input.length, this.#output, 0, length + 1);
    const [unused = 0, unread = 0] = left;
    if (this.#failed || unused !== 1 || unread !== 0) {
      // What an engine makes of a block after a damaged one is not defined.
      this.close();
      this.#stream = createZstdDecompress();
      this.#inside = this.#open();
      return undefined;
    }
    return this.#output.subarray(0, length);
  }

  close(): void {
    this.#stream.destroy();
  }
}

/** For a Node.js whose streams have no engine of that kind: a new one, and a new buffer, per block. */
export function decompressAlone(input: Uint8Array, length: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    const raw = zstdDecompressSync(input, { maxOutputLength: length + 1, chunkSize: Math.max(length, 64) });
    // Not a Buffer: the slice of one shares its memory, and what waits must not.
    return raw.length === length ? new Uint8Array(raw.buffer, raw.byteOffset, raw.length) : undefined;
  } catch {
    return undefined;
  }
}
