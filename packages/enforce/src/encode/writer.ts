/** Fields of a generated layout, written little-endian as both architectures are. */
export class StructWriter {
  readonly #view: DataView;
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  u16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }
  u32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }
  u64(at: number, value: bigint): void {
    this.#view.setBigUint64(at, value, true);
  }
  set(at: number, bytes: ArrayLike<number>): void {
    this.bytes.set(bytes, at);
  }
}

export const key32 = (value: number): Uint8Array => new Uint8Array(new Uint32Array([value]).buffer);
export const key64 = (value: number): Uint8Array =>
  new Uint8Array(new BigUint64Array([BigInt(value)]).buffer);
