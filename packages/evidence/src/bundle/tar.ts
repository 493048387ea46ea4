/** POSIX ustar (IEEE Std 1003.1, pax): as much of it as files by their paths need. */
const BLOCK = 512;
const ZEROS = Buffer.alloc(2 * BLOCK);
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
/** What eleven octal digits say. */
export const MOST_BYTES = 8 ** 11 - 1;

export interface TarEntry {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** The end of an archive. */
export const tarEnd = (): Buffer => ZEROS;

export const paddingOf = (bytes: number): Buffer => ZEROS.subarray(0, (BLOCK - (bytes % BLOCK)) % BLOCK);

/** The head of a regular file. @throws RangeError for what the format has no room for */
export function tarHead({ path, bytes, modifiedMs }: TarEntry): Buffer {
  const { name, prefix } = split(path);
  if (bytes > MOST_BYTES) throw new RangeError(`\`${path}\` is larger than an archive takes: ${bytes} bytes`);
  const head = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number): void => {
    head.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
  };
  head.write(name, 0, 'utf8');
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes, 124, 12);
  octal(Math.max(0, Math.floor(modifiedMs / 1000)), 136, 12);
  head.write('        ', 148, 'latin1');
  head.write('0', 156, 'latin1');
  head.write('ustar\0', 257, 'latin1');
  head.write('00', 263, 'latin1');
  head.write(prefix, 345, 'utf8');
  head.write(`${checksum(head).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return head;
}

/** A long path is split at one of its slashes. */
function split(path: string): { readonly name: string; readonly prefix: string } {
  if (Buffer.byteLength(path) <= NAME_BYTES) return { name: path, prefix: '' };
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= PREFIX_BYTES && Buffer.byteLength(name) <= NAME_BYTES)
      return { name, prefix };
  }
  throw new RangeError(`\`${path}\` is longer than an archive takes`);
}

/** As if its own field were blanks. */
function checksum(head: Buffer): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i += 1) sum += i >= 148 && i < 156 ? 32 : (head[i] ?? 0);
  return sum;
}

export interface TarVisitor {
  /** Returns what takes the file's bytes. */
  readonly begin: (entry: TarEntry) => (chunk: Buffer) => void;
  readonly end: (entry: TarEntry) => void;
}

/** An archive that ends early, or is none. */
export class BadArchive extends Error {
  override readonly name = 'BadArchive';
}

/**
 * Reads an archive as it comes, holding no more than a block of it. Whoever made it may be hostile: nothing is believed but
 * what the visitor checks.
 *
 * @throws BadArchive
 */
export class TarReader {
  readonly #visitor: TarVisitor;
  #rest: Buffer = Buffer.alloc(0);
  #entry: TarEntry | undefined;
  #take: (chunk: Buffer) => void = () => undefined;
  #left = 0;
  #padding = 0;
  #isOver = false;

  constructor(visitor: TarVisitor) {
    this.#visitor = visitor;
  }

  write(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) at += this.#body(chunk, at);
      else if (this.#padding > 0) {
        const skipped = Math.min(this.#padding, chunk.length - at);
        this.#padding -= skipped;
        at += skipped;
      } else at += this.#head(chunk, at);
      this.#settle();
    }
  }

  close(): void {
    if (this.#entry !== undefined || this.#rest.length > 0 || !this.#isOver)
      throw new BadArchive('the archive ends early');
  }

  #body(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#left, chunk.length - at);
    this.#take(chunk.subarray(at, at + taken));
    this.#left -= taken;
    return taken;
  }

  #settle(): void {
    if (this.#entry === undefined || this.#left > 0) return;
    this.#visitor.end(this.#entry);
    this.#entry = undefined;
  }

  #head(chunk: Buffer, at: number): number {
    const wanted = BLOCK - this.#rest.length;
    const part = chunk.subarray(at, at + wanted);
    this.#rest = Buffer.concat([this.#rest, part]);
    if (this.#rest.length < BLOCK) return part.length;
    const head = this.#rest;
    this.#rest = Buffer.alloc(0);
    if (head.equals(ZEROS.subarray(0, BLOCK))) {
      this.#isOver = true;
      return part.length;
    }
    if (this.#isOver) throw new BadArchive('something follows the end of the archive');
    const entry = entryOf(head);
    this.#entry = entry;
    this.#left = entry.bytes;
    this.#padding = paddingOf(entry.bytes).length;
    this.#take = this.#visitor.begin(entry);
    return part.length;
  }
}

function entryOf(head: Buffer): TarEntry {
  const text = (at: number, width: number): string => {
    const field = head.subarray(at, at + width);
    const end = field.indexOf(0);
    return field.toString('utf8', 0, end < 0 ? width : end);
  };
  const number = (at: number, width: number): number => {
    const digits = text(at, width).trim();
    if (!/^[0-7]+$/.test(digits)) throw new BadArchive('a head of the archive is damaged');
    return Number.parseInt(digits, 8);
  };
  if (number(148, 8) !== checksum(head)) throw new BadArchive('a head of the archive is damaged');
  const prefix = text(345, PREFIX_BYTES);
  const path = prefix === '' ? text(0, NAME_BYTES) : `${prefix}/${text(0, NAME_BYTES)}`;
  if (text(156, 1) !== '0') throw new BadArchive(`\`${path}\` is no regular file`);
  return { path, bytes: number(124, 12), modifiedMs: number(136, 12) * 1000 };
}
