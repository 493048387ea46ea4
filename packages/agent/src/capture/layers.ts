import { lstat, opendir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from './hash-file.js';
import { CAPTURE_LIMITS as LIMITS } from './limits.js';
import { textOf } from './proc-text.js';

export interface MountFacts {
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** Where what a container changed of its image is. */
export type UpperLayer =
  | { readonly kind: 'overlay'; readonly folder: string }
  | { readonly kind: 'none'; readonly problem: string };

const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** proc_pid_mountinfo(5); in the order of mounting. */
export function parseMounts(text: string): readonly MountFacts[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , , mountPoint, options] = before.split(' ');
    const [type, source, superOptions] = after.split(' ');
    if (mountPoint === undefined || type === undefined || source === undefined) return [];
    const all = [...(options ?? '').split(','), ...splitOptions(superOptions ?? '')];
    return [
      {
        mountPoint: unescapeOctal(mountPoint),
        type,
        source: unescapeOctal(source),
        options: all.map(unescapeOctal),
      },
    ];
  });
}

/** Commas within a value are written `\,`. */
const splitOptions = (text: string): readonly string[] =>
  text.split(/(?<!\\),/).map((part) => part.replaceAll('\\,', ','));

export const mountsOf = async (pid: number): Promise<readonly MountFacts[]> =>
  parseMounts((await textOf(`/proc/${pid}/mountinfo`)) ?? '');

export function upperLayerOf(mounts: readonly MountFacts[]): UpperLayer {
  const root = mounts.findLast(({ mountPoint }) => mountPoint === '/');
  if (root === undefined) return { kind: 'none', problem: 'the root of the container is not known any more' };
  const folder = root.options.find((option) => option.startsWith('upperdir='))?.slice('upperdir='.length);
  if (root.type !== 'overlay' || folder === undefined)
    return {
      kind: 'none',
      problem: `the root is \`${root.type}\`, whose changes nobody tells from the image`,
    };
  return folder.startsWith('/')
    ? { kind: 'overlay', folder }
    : { kind: 'none', problem: `the upper layer is named \`${folder}\`, which leads nowhere from here` };
}

export interface LayerChange {
  readonly path: string;
  /** removed: the image has it, the container does not any more. */
  readonly kind: 'file' | 'folder' | 'link' | 'device' | 'pipe' | 'socket' | 'removed';
  /** Octal. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly bytes: number;
  readonly modified: string;
  readonly executable: boolean;
  readonly sha256?: string;
  readonly target?: string;
  /** Why it has no digest. */
  readonly problem?: string;
}

export interface LayerChanges {
  readonly changes: readonly LayerChange[];
  /** More than these were found, and not looked at. */
  readonly isCut: boolean;
  readonly problem: string;
}

/**
 * Everything in an upper layer, by path. Bounded, and read name by name: a container can make folders of any size. Files are
 * hashed as long as there is room.
 */
export async function layerChanges(layer: UpperLayer): Promise<LayerChanges> {
  if (layer.kind === 'none') return { changes: [], isCut: false, problem: layer.problem };
  const changes: LayerChange[] = [];
  const folders = ['/'];
  let [hashed, text, isCut] = [0, 0, false];
  for (let folder = folders.shift(); folder !== undefined && !isCut; folder = folders.shift()) {
    for await (const name of entriesIn(join(layer.folder, folder))) {
      const path = join(folder, name);
      text += path.length;
      isCut = changes.length >= LIMITS.changes || text > LIMITS.changeText;
      if (isCut) break;
      const room = Math.min(LIMITS.hashedFile, LIMITS.hashedBytes - hashed);
      const change = await changeOf(join(layer.folder, path), path, room);
      if (change === undefined) continue;
      changes.push(change);
      if (change.sha256 !== undefined) hashed += change.bytes;
      if (change.kind === 'folder') folders.push(path);
    }
  }
  return { changes: changes.sort((a, b) => (a.path < b.path ? -1 : 1)), isCut, problem: '' };
}

async function* entriesIn(folder: string): AsyncGenerator<string> {
  try {
    for await (const { name } of await opendir(folder)) yield name;
  } catch {
    return; // removed meanwhile
  }
}

const EXECUTABLE = 0o111;

async function changeOf(place: string, path: string, room: number): Promise<LayerChange | undefined> {
  try {
    const stat = await lstat(place);
    const kind = kindOf(stat);
    const base = {
      ...{
        path,
        kind,
        mode: (stat.mode & 0o7777).toString(8).padStart(4, '0'),
        uid: stat.uid,
        gid: stat.gid,
      },
      ...{ bytes: stat.size, modified: new Date(stat.mtimeMs).toISOString() },
      executable: kind === 'file' && (stat.mode & EXECUTABLE) !== 0,
    };
    if (kind === 'link') return { ...base, target: await readlink(place) };
    if (kind !== 'file') return base;
    const { sha256, problem } = await hashFile(place, room);
    return sha256 === '' ? { ...base, problem } : { ...base, sha256 };
  } catch {
    return undefined; // removed meanwhile
  }
}

interface Kinds {
  readonly rdev: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
  isCharacterDevice(): boolean;
}

/** A whiteout is a character device 0/0 (Documentation/filesystems/overlayfs.rst). */
function kindOf(stat: Kinds): LayerChange['kind'] {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'folder';
  if (stat.isSymbolicLink()) return 'link';
  if (stat.isFIFO()) return 'pipe';
  if (stat.isSocket()) return 'socket';
  return stat.isCharacterDevice() && stat.rdev === 0 ? 'removed' : 'device';
}
