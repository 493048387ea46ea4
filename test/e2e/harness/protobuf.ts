/** Just enough of the protocol buffers wire format for the CRI calls of the tests. */
export type Value = string | number | boolean | Message | readonly (string | Message)[] | undefined;
/** Field number → value; absent and default values are not written. */
export type Message = { readonly [field: number]: Value };

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

function delimited(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

export function encode(message: Message): Buffer {
  const parts: Buffer[] = [];
  for (const [key, value] of Object.entries(message)) {
    const field = Number(key);
    const values: readonly (string | number | boolean | Message)[] = Array.isArray(value) ? value : [value];
    for (const one of values) {
      if (one === undefined || one === false || one === 0 || one === '') continue;
      if (typeof one === 'string') parts.push(delimited(field, Buffer.from(one)));
      else if (typeof one === 'object') parts.push(delimited(field, encode(one)));
      else parts.push(varint(field * 8), varint(Number(one)));
    }
  }
  return Buffer.concat(parts);
}

export interface Decoded {
  /** The last value of a scalar field. */
  number(field: number): number;
  text(field: number): string;
  message(field: number): Decoded;
  messages(field: number): Decoded[];
}

export function decode(bytes: Buffer): Decoded {
  const scalars = new Map<number, number>();
  const blobs = new Map<number, Buffer[]>();
  let at = 0;
  const read = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = read();
    const field = Math.floor(tag / 8);
    const wire = tag % 8;
    if (wire === 0) scalars.set(field, read());
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else {
      const length = read();
      blobs.set(field, [...(blobs.get(field) ?? []), bytes.subarray(at, at + length)]);
      at += length;
    }
  }
  const last = (field: number): Buffer => blobs.get(field)?.at(-1) ?? Buffer.alloc(0);
  return {
    number: (field) => scalars.get(field) ?? 0,
    text: (field) => last(field).toString('utf8'),
    message: (field) => decode(last(field)),
    messages: (field) => (blobs.get(field) ?? []).map(decode),
  };
}
