/** One element of DER (X.690), as a window over the bytes it was read from. */
export interface Der {
  readonly tag: number;
  /** With tag and length. */
  readonly whole: Buffer;
  readonly content: Buffer;
}

/** The bytes are no DER, or not of the shape that is expected there. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The tag of `[n]` around other elements. */
export const context = (n: number): number => 0xa0 + n;

/** The first element of the bytes. @throws DerError */
export function readDer(bytes: Buffer): Der {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) throw new DerError('it ends too early');
  if ((tag & 0x1f) === 0x1f) throw new DerError('a tag of several bytes');
  const extra = first < 0x80 ? 0 : first & 0x7f;
  // Without a length (BER), or of more than four bytes: neither occurs in what is read here.
  if (first === 0x80 || extra > 4 || bytes.length < 2 + extra) throw new DerError('a length that is none');
  const length = extra === 0 ? first : bytes.readUIntBE(2, extra);
  const from = 2 + extra;
  if (from + length > bytes.length) throw new DerError('it ends too early');
  return { tag, whole: bytes.subarray(0, from + length), content: bytes.subarray(from, from + length) };
}

/** The elements inside one. @throws DerError */
export function elements({ content }: Der): readonly Der[] {
  const found: Der[] = [];
  for (let at = 0; at < content.length; ) {
    const element = readDer(content.subarray(at));
    found.push(element);
    at += element.whole.length;
  }
  return found;
}

/** @throws DerError when it is something else, or not there */
export function expectTag(element: Der | undefined, tag: number, what: string): Der {
  if (element?.tag === tag) return element;
  throw new DerError(`there is no ${what}`);
}

/** Dotted. @throws DerError */
export function readOid(element: Der | undefined, what: string): string {
  const { content } = expectTag(element, TAG.oid, what);
  const parts: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      parts.push(value);
      value = 0;
    }
  }
  const [first = 0, ...rest] = parts;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}

function encode(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer =>
  encode(TAG.sequence, Buffer.concat(parts));
export const octets = (bytes: Uint8Array): Buffer => encode(TAG.octets, bytes);
export const integer = (bytes: Uint8Array): Buffer =>
  // Without leading zeros, and with one where it would be negative.
  encode(TAG.integer, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]));
export const boolean = (value: boolean): Buffer => encode(TAG.boolean, Buffer.of(value ? 0xff : 0));
export const nothing = (): Buffer => encode(TAG.null, Buffer.alloc(0));

export function oid(dotted: string): Buffer {
  const [root = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [root * 40 + second, ...rest].flatMap((part) => {
    const groups = [part & 0x7f];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return encode(TAG.oid, Buffer.from(bytes));
}
