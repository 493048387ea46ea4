import { createHash } from 'node:crypto';
import { templateData } from '../ima/parse.js';

const u16 = (value: number): Buffer => Buffer.from(Uint16Array.of(value).buffer);
const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
const sized = (bytes: Uint8Array): Buffer => Buffer.concat([u32(bytes.length), bytes]);
const SHA256 = 0x0b;

export interface TestEvent {
  readonly register: number;
  readonly type: number;
  /** Hexadecimal, SHA-256. */
  readonly digest: string;
  readonly text?: string;
}

/** A boot log with these events, behind its header. */
export function bootLogOf(events: readonly TestEvent[]): Buffer {
  const spec = Buffer.concat([
    Buffer.from('Spec ID Event03\0'),
    u32(0),
    Buffer.from([0, 2, 0, 2]),
    u32(1),
    u16(SHA256),
    u16(32),
    Buffer.from([0]),
  ]);
  const head = Buffer.concat([u32(0), u32(3), Buffer.alloc(20), sized(spec)]);
  const rest = events.map(({ register, type, digest, text = '' }) =>
    Buffer.concat([
      u32(register),
      u32(type),
      u32(1),
      u16(SHA256),
      Buffer.from(digest, 'hex'),
      sized(Buffer.from(text)),
    ]),
  );
  return Buffer.concat([head, ...rest]);
}

/** A list of IMA of the template `ima-ng`, and what is extended for each entry. */
export function imaListOf(files: readonly { readonly path: string; readonly hash: string }[]): {
  readonly list: Buffer;
  readonly extended: readonly string[];
} {
  const entries = files.map(({ path, hash }) => {
    const digest = Buffer.concat([Buffer.from('sha256:\0'), Buffer.from(hash, 'hex')]);
    const data = templateData([digest, Buffer.from(`${path}\0`)]);
    const sha = (name: string): Buffer => createHash(name).update(data).digest();
    const line = Buffer.concat([u32(10), sha('sha1'), sized(Buffer.from('ima-ng')), sized(data)]);
    return { line, extended: sha('sha256').toString('hex') };
  });
  return {
    list: Buffer.concat(entries.map(({ line }) => line)),
    extended: entries.map(({ extended }) => extended),
  };
}
