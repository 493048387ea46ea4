/** What a header says of an entry. Names are bytes: those of a container need not be text. */
export interface TarEntry {
  readonly path: Buffer;
  readonly type: 'file' | 'link' | 'symlink' | 'char' | 'block' | 'folder' | 'fifo';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly target?: Buffer;
  readonly major?: number;
  readonly minor?: number;
  /** Extended attributes by name. */
  readonly attributes?: ReadonlyMap<string, Uint8Array>;
}

const TYPES = { file: '0', link: '1', symlink: '2', char: '3', block: '4', folder: '5', fifo: '6' } as const;
export const BLOCK = 512;
const NAME = 100;
const MOST_OCTAL = { 8: 0o7777777, 12: 0o77777777777 } as const;

/** The header of POSIX.1-2001 (pax); what does not fit into its fixed fields stands in a record before it. */
export function tarHeader(entry: TarEntry): Buffer {
  const records = [...recordsOf(entry)];
  const header = fixed(entry, TYPES[entry.type]);
  if (records.length === 0) return header;
  const body = Buffer.concat(records);
  const name = Buffer.from('PaxHeaders/entry');
  const extra = fixed({ ...entry, path: name, target: Buffer.alloc(0), size: body.length, mode: 0o600 }, 'x');
  return Buffer.concat([extra, padded(body), header]);
}

export const padded = (body: Buffer): Buffer =>
  Buffer.concat([body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)]);

function* recordsOf(entry: TarEntry): Generator<Buffer> {
  const long = [entry.path, entry.target ?? Buffer.alloc(0)].filter(
    (name) => name.length > NAME || isBinary(name),
  );
  if (long.some(isBinary)) yield record('hdrcharset', Buffer.from('BINARY'));
  if (long.includes(entry.path)) yield record('path', entry.path);
  if (entry.target !== undefined && long.includes(entry.target)) yield record('linkpath', entry.target);
  if (entry.size > MOST_OCTAL[12]) yield record('size', Buffer.from(String(entry.size)));
  if (entry.uid > MOST_OCTAL[8]) yield record('uid', Buffer.from(String(entry.uid)));
  if (entry.gid > MOST_OCTAL[8]) yield record('gid', Buffer.from(String(entry.gid)));
  for (const [name, value] of entry.attributes ?? [])
    yield record(`SCHILY.xattr.${name}`, Buffer.from(value));
}

const isBinary = (name: Buffer): boolean => !Buffer.from(name.toString('utf8')).equals(name);

/** `LENGTH KEY=VALUE\n`, whose length counts its own digits. */
function record(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function fixed(entry: TarEntry, type: string): Buffer {
  const header = Buffer.alloc(BLOCK);
  entry.path.copy(header, 0, 0, NAME);
  octal(header, 100, 8, entry.mode & 0o7777);
  octal(header, 108, 8, entry.uid);
  octal(header, 116, 8, entry.gid);
  octal(header, 124, 12, entry.size);
  octal(header, 136, 12, Math.max(0, Math.floor(entry.mtimeMs / 1000)));
  header.fill(' ', 148, 156);
  header.write(type, 156);
  entry.target?.copy(header, 157, 0, NAME);
  header.write('ustar\0' + '00', 257, 'latin1');
  octal(header, 329, 8, entry.major ?? 0);
  octal(header, 337, 8, entry.minor ?? 0);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function octal(header: Buffer, at: number, width: 8 | 12, value: number): void {
  // What is too large stands in a record, which readers prefer.
  header.write(
    `${Math.min(value, MOST_OCTAL[width])
      .toString(8)
      .padStart(width - 1, '0')}\0`,
    at,
    'latin1',
  );
}
