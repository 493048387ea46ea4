import { createHash } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { closeFd, openInRoot } from '@runward/native';

/** What a file is. Times are nanoseconds as decimal text: they exceed what a number holds. */
export interface FileState {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Permissions with set-user-ID and the like. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Inode, device, size and both times: while these are the same the content is taken to be. */
  readonly version: string;
  /** Hexadecimal; of a link, of where it leads; '' for what has no content, or is larger than is read. */
  readonly sha256: string;
  /** Of small text files, where it may be kept. */
  readonly text: string | null;
}

export interface ReadOptions {
  /** What was hashed before: not read again while its version is the same. undefined: read anyhow. */
  readonly known?: Pick<FileState, 'version' | 'sha256' | 'text'> | undefined;
  /** Whether its text may be kept. */
  readonly keepText: boolean;
}

/** Larger files are known by size, owner, mode and times alone. */
export const MOST_HASHED = 1024 * 1024 * 1024;
/** Of which text is kept. */
export const MOST_TEXT = 64 * 1024;
const CHUNK = 256 * 1024;
const OTHERS_READ = 0o004;

/** Of a path below a root; links in it lead nowhere outside. undefined: there is none. */
export async function fileState(
  rootFd: number,
  path: string,
  options: ReadOptions,
): Promise<FileState | undefined> {
  const fd = openInRoot(rootFd, path, true);
  if (fd < 0) return undefined;
  try {
    const stat = fstatSync(fd, { bigint: true });
    const version = versionOf(stat);
    const base = {
      ...{ mode: Number(stat.mode & 0o7777n), uid: Number(stat.uid), gid: Number(stat.gid), version },
      ...{ kind: kindOf(stat), size: stat.isFile() ? Number(stat.size) : 0 },
    };
    if (stat.isSymbolicLink()) return { ...base, sha256: digest(targetOf(rootFd, path)), text: null };
    if (!stat.isFile() || stat.size > BigInt(MOST_HASHED)) return { ...base, sha256: '', text: null };
    const { known, keepText } = options;
    if (known !== undefined && known.version === version)
      return { ...base, sha256: known.sha256, text: known.text };
    return {
      ...base,
      ...(await contentOf(fd, keepText && (base.mode & OTHERS_READ) !== 0 && base.size <= MOST_TEXT)),
    };
  } finally {
    closeFd(fd);
  }
}

/** By its folder: a descriptor of a link itself tells where the link is, not where it leads. */
function targetOf(rootFd: number, path: string): string {
  const cut = path.lastIndexOf('/');
  const folderFd = openInRoot(rootFd, path.slice(0, cut) || '/', false);
  if (folderFd < 0) return '';
  try {
    return readlinkSync(`/proc/self/fd/${folderFd}/${path.slice(cut + 1)}`, 'utf8');
  } catch {
    return ''; // it is another thing by now, which the next look finds
  } finally {
    closeFd(folderFd);
  }
}

const versionOf = ({ ino, dev, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const kindOf = (stat: BigIntStats): FileState['kind'] =>
  stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : 'other';

/** Opened anew by its descriptor: what is opened is what was looked at. */
async function contentOf(pathFd: number, withText: boolean): Promise<Pick<FileState, 'sha256' | 'text'>> {
  let fd: number;
  try {
    fd = openSync(`/proc/self/fd/${pathFd}`, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return { sha256: '', text: null };
  }
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(CHUNK);
    const kept: Buffer[] = [];
    for (let total = 0; total <= MOST_HASHED; ) {
      const read = readSync(fd, buffer, 0, CHUNK, null);
      if (read === 0) break;
      hash.update(buffer.subarray(0, read));
      if (withText && total <= MOST_TEXT) kept.push(Buffer.from(buffer.subarray(0, read)));
      total += read;
      if (total > CHUNK) await turn();
    }
    return { sha256: hash.digest('hex'), text: withText ? asText(Buffer.concat(kept)) : null };
  } catch {
    return { sha256: '', text: null };
  } finally {
    closeSync(fd);
  }
}

/** null for what is no text. */
function asText(bytes: Buffer): string | null {
  if (bytes.length > MOST_TEXT || bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
