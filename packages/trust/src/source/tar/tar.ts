import { TrustError } from '../../error.js';

/** One entry of a tar file. Its content is to be read before the next entry is asked for; what is not read is skipped. */
export interface TarEntry {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link' | 'symlink' | 'other';
  readonly size: number;
  readonly mode: number;
  readonly target: string;
  /** Of the content, from the beginning of the archive. */
  readonly offset: number;
  readonly content: () => AsyncIterable<Uint8Array>;
}

const BLOCK = 512;
/** Names and the like of one entry (pax, GNU). */
const MAX_EXTRA_BYTES = 1024 * 1024;

const malformed = (why: string): TrustError => new TrustError('ARCHIVE_MALFORMED', `the archive ${why}`);

/** Bytes in the order they come, in the amounts that are asked for. */
class Feed {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private rest: Uint8Array = new Uint8Array(0);
  offset = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  /** Up to `max` bytes; empty at the end. */
  async some(max: number): Promise<Uint8Array> {
    while (this.rest.length === 0) {
      const { value, done } = await this.chunks.next();
      if (done === true) return this.rest;
      this.rest = value;
    }
    const part = this.rest.subarray(0, max);
    this.rest = this.rest.subarray(part.length);
    this.offset += part.length;
    return part;
  }

  /** Exactly so many, or what is left at the end. */
  async exactly(size: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for (let left = size; left > 0; ) {
      const part = await this.some(left);
      if (part.length === 0) break;
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  async end(): Promise<void> {
    while ((await this.some(BLOCK * 128)).length > 0);
  }
}

/** The entries of a tar file (POSIX pax, GNU, ustar) in their order. @throws TrustError `ARCHIVE_MALFORMED` */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const feed = new Feed(source);
  let extra = new Map<string, string>();
  for (;;) {
    const block = await feed.exactly(BLOCK);
    if (block.length === 0 || block.every((byte) => byte === 0)) break;
    if (block.length < BLOCK) throw malformed('ends within an entry');
    const header = readHeader(block);
    const size = extra.has('size') ? decimal(extra.get('size') ?? '') : header.size;
    if ('xgLK'.includes(header.flag)) {
      if (size > MAX_EXTRA_BYTES) throw malformed(`has ${size} bytes about one entry`);
      const text = await padded(feed, size);
      if (header.flag === 'x') extra = new Map([...extra, ...paxRecords(text)]);
      if (header.flag === 'L') extra.set('path', untilZero(text));
      if (header.flag === 'K') extra.set('linkpath', untilZero(text));
      continue;
    }
    const end = feed.offset + size + ((BLOCK - (size % BLOCK)) % BLOCK);
    yield {
      path: extra.get('path') ?? header.path,
      type: TYPES[header.flag] ?? 'other',
      size,
      mode: header.mode,
      target: extra.get('linkpath') ?? header.target,
      offset: feed.offset,
      content: () => contentOf(feed, size),
    };
    await skipTo(feed, end);
    extra = new Map();
  }
  // What follows the end marker belongs to the file all the same: its digest is over all of it.
  await feed.end();
}

const TYPES: Readonly<Record<string, TarEntry['type']>> = {
  ...{ '0': 'file', '\0': 'file', '7': 'file', '1': 'link', '2': 'symlink', '5': 'directory' },
};

async function* contentOf(feed: Feed, size: number): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0; ) {
    const part = await feed.some(left);
    if (part.length === 0) throw malformed('ends within an entry');
    left -= part.length;
    yield part;
  }
}

async function skipTo(feed: Feed, end: number): Promise<void> {
  while (feed.offset < end) {
    if ((await feed.some(end - feed.offset)).length === 0) throw malformed('ends within an entry');
  }
}

async function padded(feed: Feed, size: number): Promise<Buffer> {
  const content = await feed.exactly(size);
  await skipTo(feed, feed.offset + ((BLOCK - (size % BLOCK)) % BLOCK));
  if (content.length < size) throw malformed('ends within an entry');
  return content;
}

interface Header {
  readonly path: string;
  readonly size: number;
  readonly mode: number;
  readonly flag: string;
  readonly target: string;
}

function readHeader(block: Buffer): Header {
  const sum = block.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (octal(block.subarray(148, 156)) !== sum)
    throw malformed('has a header whose sum is wrong: it is no tar file');
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? untilZero(block.subarray(345, 500)) : '';
  const name = untilZero(block.subarray(0, 100));
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    size: sizeOf(block.subarray(124, 136)),
    mode: octal(block.subarray(100, 108)),
    flag: String.fromCharCode(block[156] ?? 0),
    target: untilZero(block.subarray(157, 257)),
  };
}

/** Beyond eight GiB GNU tar writes the number itself, with the first bit set. */
function sizeOf(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) === 0) return octal(field);
  const size = field.subarray(4).readBigUInt64BE();
  const isSmall = field[0] === 0x80 && field.subarray(1, 4).every((byte) => byte === 0);
  if (!isSmall || size > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('has an entry of impossible size');
  return Number(size);
}

function octal(field: Buffer): number {
  const text = untilZero(field).trim();
  if (text === '') return 0;
  if (!/^[0-7]{1,15}$/.test(text)) throw malformed('has a number that is none: it is no tar file');
  return Number.parseInt(text, 8);
}

function decimal(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw malformed('has a size that is none');
  return Number(text);
}

function untilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

/** What is asked of pax records. */
const USED: ReadonlySet<string> = new Set(['path', 'linkpath', 'size']);

/** `LENGTH key=value\n`, the length counting itself. */
function paxRecords(bytes: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at);
    const length = blank === -1 ? 0 : decimal(bytes.toString('latin1', at, blank));
    const record = bytes.toString('utf8', blank + 1, at + length - 1);
    const equals = record.indexOf('=');
    if (blank === -1 || length < blank - at + 3 || at + length > bytes.length || equals < 1) {
      throw malformed('has a pax record that is none');
    }
    const key = record.slice(0, equals);
    // Of the rest nothing is kept: an archive may have any number of such records before an entry.
    if (USED.has(key)) records.set(key, record.slice(equals + 1));
    at += length;
  }
  return records;
}
