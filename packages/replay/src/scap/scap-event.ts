import { type EventRow, eventRow } from './event-table.js';

/** More than any event has; what claims more is damaged. */
const MAX_PARAMS = 64;
const HEADER_V1 = 22;
const HEADER_V2 = 26;

/** 64 bits as a double, without the detour of a bigint: nearly all of them are small. */
function wide(bytes: Buffer, at: number, isSigned: boolean): number {
  const high = isSigned ? bytes.readInt32LE(at + 4) : bytes.readUInt32LE(at + 4);
  return high * 2 ** 32 + bytes.readUInt32LE(at);
}

/**
 * One event block, as a window over its bytes. `attach` moves it; parameters are decoded when asked for.
 *
 * Body: CPU (16 bits), flags (32, in some block types), then the event: time (64), tid (64), length (32), type (16),
 * number of parameters (32, from block version 2), their lengths (16 or 32 each), their values.
 */
export class ScapEvent {
  timeNs = 0n;
  tid = 0;
  cpu = 0;
  type = 0;
  row: EventRow | undefined;
  params: ReadonlyMap<string, number> = new Map();
  count = 0;
  #bytes: Buffer = Buffer.alloc(0);
  readonly #at = new Int32Array(MAX_PARAMS);
  readonly #length = new Int32Array(MAX_PARAMS);

  get isExit(): boolean {
    return (this.type & 1) === 1;
  }

  /** Reads the frame of an event. Returns undefined, or why it makes no sense. */
  attach(
    bytes: Buffer,
    start: number,
    end: number,
    shape: { readonly version: number; readonly flags?: true; readonly large?: true },
  ): string | undefined {
    const at = start + 2 + (shape.flags ? 4 : 0);
    const headerBytes = shape.version === 1 ? HEADER_V1 : HEADER_V2;
    if (at + headerBytes > end) return 'an event shorter than its header';
    this.#bytes = bytes;
    this.cpu = bytes.readUInt16LE(start);
    this.timeNs = bytes.readBigUInt64LE(at);
    this.tid = wide(bytes, at + 8, true);
    this.type = bytes.readUInt16LE(at + 20);
    this.row = eventRow(this.type);
    this.params = (this.isExit ? this.row?.exitParams : this.row?.enterParams) ?? new Map();
    const values = at + headerBytes;
    // Notifications of old captures state three bytes too many.
    const stated = at + bytes.readUInt32LE(at + 16);
    const last = Math.min(stated, end);
    const lengthBytes = shape.large ? 4 : 2;
    const count = shape.version === 1 ? this.#countParams(values, last) : bytes.readUInt32LE(at + 22);
    if (count === undefined || count > MAX_PARAMS) return 'an event with an impossible number of parameters';
    return this.#locate(values, last, count, lengthBytes);
  }

  /** Old events do not say how many parameters they have: lengths and values together fill the event exactly. */
  #countParams(at: number, end: number): number | undefined {
    let sum = 0;
    for (let count = 0; count <= MAX_PARAMS; count += 1) {
      if (at + 2 * count + sum === end) return count;
      if (at + 2 * (count + 1) > end) return undefined;
      sum += this.#bytes.readUInt16LE(at + 2 * count);
    }
    return undefined;
  }

  #locate(at: number, end: number, count: number, lengthBytes: number): string | undefined {
    this.count = 0;
    let value = at + count * lengthBytes;
    for (let i = 0; i < count; i += 1) {
      const from = at + i * lengthBytes;
      if (from + lengthBytes > end) return 'an event whose parameters do not fit';
      const length = lengthBytes === 4 ? this.#bytes.readUInt32LE(from) : this.#bytes.readUInt16LE(from);
      if (value + length > end) return 'an event whose parameters do not fit';
      this.#at[i] = value;
      this.#length[i] = length;
      value += length;
    }
    this.count = count;
    return undefined;
  }

  #index(name: string): number {
    const index = this.params.get(name);
    return index === undefined || index >= this.count ? -1 : index;
  }

  has(name: string): boolean {
    const index = this.#index(name);
    return index >= 0 && (this.#length[index] ?? 0) > 0;
  }

  /** A whole number of 1, 2, 4 or 8 bytes, rounded beyond 2^53; undefined where the event does not carry it. */
  number(name: string, isSigned: boolean): number | undefined {
    const index = this.#index(name);
    if (index < 0) return undefined;
    const at = this.#at[index] ?? 0;
    const bytes = this.#bytes;
    switch (this.#length[index]) {
      case 8:
        return wide(bytes, at, isSigned);
      // A dynamic parameter: one byte says which kind, the value follows.
      case 9:
        return wide(bytes, at + 1, true);
      case 4:
        return isSigned ? bytes.readInt32LE(at) : bytes.readUInt32LE(at);
      case 2:
        return isSigned ? bytes.readInt16LE(at) : bytes.readUInt16LE(at);
      case 1:
        return isSigned ? bytes.readInt8(at) : bytes.readUInt8(at);
      default:
        return undefined;
    }
  }

  big(name: string, isSigned: boolean): bigint | undefined {
    const index = this.#index(name);
    if (index < 0) return undefined;
    const at = this.#at[index] ?? 0;
    switch (this.#length[index]) {
      case 8:
        return isSigned ? this.#bytes.readBigInt64LE(at) : this.#bytes.readBigUInt64LE(at);
      // A dynamic parameter: one byte says which kind, the value follows.
      case 9:
        return this.#bytes.readBigInt64LE(at + 1);
      case 4:
        return BigInt(isSigned ? this.#bytes.readInt32LE(at) : this.#bytes.readUInt32LE(at));
      case 2:
        return BigInt(isSigned ? this.#bytes.readInt16LE(at) : this.#bytes.readUInt16LE(at));
      case 1:
        return BigInt(isSigned ? this.#bytes.readInt8(at) : this.#bytes.readUInt8(at));
      default:
        return undefined;
    }
  }

  /** The bytes of a parameter, valid as long as the block. */
  bytes(name: string): Buffer | undefined {
    const index = this.#index(name);
    if (index < 0) return undefined;
    const at = this.#at[index] ?? 0;
    return this.#bytes.subarray(at, at + (this.#length[index] ?? 0));
  }

  /** A string up to its NUL; undefined when not carried, or when the driver could not read it. */
  text(name: string): string | undefined {
    const bytes = this.bytes(name);
    if (bytes === undefined || bytes.length === 0) return undefined;
    const nul = bytes.indexOf(0);
    const text = bytes.toString('utf8', 0, nul < 0 ? bytes.length : nul);
    return text === '<NA>' ? undefined : text;
  }
}
