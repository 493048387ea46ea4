/** A line of /proc/PID/mountinfo: see proc_pid_mountinfo(5). */
export interface Mount {
  readonly id: number;
  /** The mount it lies on. */
  readonly parent: number;
  /** major:minor of the file system. */
  readonly device: string;
  /** Which folder of the file system is mounted. */
  readonly root: string;
  /** Where, as the process sees it. */
  readonly point: string;
  readonly type: string;
  readonly readOnly: boolean;
  /** Of an overlay: the folder of its upper layer, where it is named by a whole path. */
  readonly upper: string | undefined;
}

const unescapeOctal = (text: string): string =>
  text.includes('\\')
    ? text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
    : text;

/** Lines that are none are left out. Text is latin1: a byte is a character. */
export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ', 2);
    const [id = '', parent, device = '', root, point, options = ''] = before.split(' ');
    const [type, , superOptions = ''] = after.split(' ');
    if (root === undefined || point === undefined || type === undefined || !/^\d+$/.test(id)) return [];
    return {
      id: Number(id),
      parent: Number(parent),
      device,
      root: unescapeOctal(root),
      point: unescapeOctal(point),
      type,
      readOnly: hasOption(options, 'ro') || hasOption(superOptions, 'ro'),
      upper: type === 'overlay' ? upperOf(superOptions) : undefined,
    };
  });
}

const hasOption = (options: string, name: string): boolean => options.split(',').includes(name);

/** Commas and blanks in it are octal (seq_show_option of the kernel). */
function upperOf(options: string): string | undefined {
  const path = unescapeOctal(/(?:^|,)upperdir=([^,]*)/.exec(options)?.[1] ?? '');
  return path.startsWith('/') ? path : undefined;
}

/** Whether `path` is `folder` or lies below it. */
export const isBelow = (path: string, folder: string): boolean =>
  folder === '/' || path === folder || path.startsWith(`${folder}/`);

/** A path below `from`, moved to below `to`. */
export function moved(path: string, from: string, to: string): string {
  const rest = from === '/' ? path : path.slice(from.length);
  return to === '/' ? rest || '/' : rest === '/' ? to : to + rest;
}

/** Where a file lies in its file system, of its path by way of a mount; undefined when the path is not below it. */
export const placeInFileSystem = (mount: Mount, path: string): string | undefined =>
  isBelow(path, mount.point) ? moved(path, mount.point, mount.root) : undefined;

/** The other names of a file: through each mount of its file system that shows it. */
export function namesThrough(mounts: readonly Mount[], device: string, place: string): string[] {
  return mounts.flatMap((mount) =>
    mount.device === device && isBelow(place, mount.root) ? [moved(place, mount.root, mount.point)] : [],
  );
}
