/** One line of /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
export interface Mount {
  readonly device: string;
  /** Path inside the file system that is mounted. */
  readonly root: string;
  readonly mountPoint: string;
}

const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

export function parseMountInfo(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const fields = line.split(' ');
    const [, , device, root, mountPoint] = fields;
    if (device === undefined || root === undefined || mountPoint === undefined) continue;
    mounts.push({ device, root: unescapeOctal(root), mountPoint: unescapeOctal(mountPoint) });
  }
  return mounts;
}

const below = (path: string, folder: string): boolean =>
  folder === '/' || path === folder || path.startsWith(`${folder}/`);
const rest = (path: string, folder: string): string => (folder === '/' ? path : path.slice(folder.length));
const join = (folder: string, tail: string): string =>
  folder === '/' ? tail || '/' : tail === '/' ? folder : `${folder}${tail}`;

/** Where a file at `path` under `mounts` is reachable under `host`; the most specific mount wins, later first. */
export function translatePath(
  path: string,
  mounts: readonly Mount[],
  host: readonly Mount[],
): string | undefined {
  const mount = mostSpecific(
    mounts.filter((m) => below(path, m.mountPoint)),
    (m) => m.mountPoint,
  );
  if (mount === undefined) return undefined;
  const inside = join(mount.root, rest(path, mount.mountPoint));
  const outside = mostSpecific(
    host.filter((m) => m.device === mount.device && below(inside, m.root)),
    (m) => m.root,
  );
  return outside === undefined ? undefined : join(outside.mountPoint, rest(inside, outside.root));
}

function mostSpecific(mounts: readonly Mount[], key: (m: Mount) => string): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) if (best === undefined || key(mount).length >= key(best).length) best = mount;
  return best;
}

const KEPT_NAMESPACES = 512;
const FRESH_MS = 1000;

/** Mount tables per mount namespace, read when asked for and kept for a second; at most 512 of them. */
export class MountTables {
  readonly #read: (pid: number | 'self') => string;
  readonly #tables = new Map<number, { readonly mounts: readonly Mount[]; readonly readAt: number }>();

  constructor(read: (pid: number | 'self') => string) {
    this.#read = read;
  }

  hostPath(pid: number, mntNs: number, path: string): string | undefined {
    const inside = this.#table(mntNs, pid);
    const host = this.#table(-1, 'self');
    return inside === undefined || host === undefined ? undefined : translatePath(path, inside, host);
  }

  #table(namespace: number, pid: number | 'self'): readonly Mount[] | undefined {
    const now = performance.now();
    const known = this.#tables.get(namespace);
    if (known !== undefined && now - known.readAt < FRESH_MS) return known.mounts;
    try {
      const mounts = parseMountInfo(this.#read(pid));
      this.#tables.delete(namespace);
      this.#tables.set(namespace, { mounts, readAt: now });
      const oldest = this.#tables.keys().next().value;
      if (this.#tables.size > KEPT_NAMESPACES && oldest !== undefined) this.#tables.delete(oldest);
      return mounts;
    } catch {
      return known?.mounts; // the process is gone: what was known last still names the file
    }
  }
}
