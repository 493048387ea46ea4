import type { Mount } from '../configuration/configuration.js';

/** A line of /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
export interface MountLine {
  readonly device: string;
  /** What of the file system is mounted. */
  readonly root: string;
  readonly destination: string;
  readonly options: readonly string[];
  readonly tags: readonly string[];
  readonly type: string;
  readonly superOptions: readonly string[];
}

/** Octal escapes, for what would end a field. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** Pure. Lines that are none are left out. */
export function readMountInfo(text: string): readonly MountLine[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    const dash = fields.indexOf('-', 6);
    const [, , device, root, destination, options] = fields;
    const type = fields[dash + 1];
    if (dash < 0 || !device || !root || !destination || options === undefined || !type) return [];
    return [
      {
        ...{ device, root: unescaped(root), destination: unescaped(destination), type },
        ...{ options: options.split(','), tags: fields.slice(6, dash) },
        superOptions: (fields[dash + 3] ?? '').split(','),
      },
    ];
  });
}

const FLAGS = ['nodev', 'noexec', 'nosuid'];
/** Their devices are numbered anew for each mount: what is the same on the host is not told by that. */
const OWN_KINDS: ReadonlySet<string> = new Set([
  ...['proc', 'sysfs', 'cgroup', 'cgroup2', 'mqueue', 'devpts', 'bpf', 'debugfs', 'tracefs'],
]);

/**
 * Pure. What is mounted in a container, with the host's path of what the host has too.
 *
 * `ids`: what names this container alone, written as `*` in paths.
 */
export function describeMounts(
  lines: readonly MountLine[],
  host: readonly MountLine[],
  ids: readonly string[],
): readonly Mount[] {
  const byDevice = Map.groupBy(host, ({ device }) => device);
  const mounts = lines.map((line): Mount => {
    const source =
      line.destination === '/' ? rootSource(line, host) : sourceOf(line, byDevice.get(line.device));
    return {
      ...{ destination: line.destination, type: line.type.replace(/^fuse\.fuse-overlayfs$/, 'overlay') },
      source: withoutIds(source, ids),
      readOnly: isReadOnly(line),
      flags: FLAGS.filter((flag) => line.options.includes(flag)),
      propagation: propagationOf(line.tags),
    };
  });
  // What lies on top of another mount at the same place is what is seen there; the kernel lists it last.
  const visible = new Map(mounts.map((mount) => [mount.destination, mount]));
  return [...visible.values()].sort((a, b) => (a.destination < b.destination ? -1 : 1));
}

/** A container's own root is a folder somewhere; that it is the host's is what matters. */
function rootSource({ root, device }: MountLine, host: readonly MountLine[]): string {
  const theirs = host.findLast(({ destination }) => destination === '/');
  return theirs !== undefined && theirs.device === device && theirs.root === root ? '/' : '';
}

export const isReadOnly = ({ options, superOptions }: MountLine): boolean =>
  options.includes('ro') || superOptions.includes('ro');

function sourceOf(line: MountLine, onHost: readonly MountLine[] = []): string {
  if (OWN_KINDS.has(line.type)) return '';
  let best: { readonly path: string; readonly depth: number } | undefined;
  for (const { root, destination } of onHost) {
    const inside = root === '/' ? line.root : line.root.slice(root.length);
    const fits = root === '/' || line.root === root || line.root.startsWith(`${root}/`);
    if (!fits || (best !== undefined && best.depth >= root.length)) continue;
    const below = inside === '/' ? '' : inside;
    best = { path: `${destination === '/' ? '' : destination}${below}` || '/', depth: root.length };
  }
  return best?.path ?? '';
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const LONG_HEX = /[0-9a-f]{24,}/gi;

const withoutIds = (path: string, ids: readonly string[]): string =>
  ids
    .filter((id) => id.length >= 3)
    .reduce((text, id) => text.replaceAll(`/${id}`, '/*'), path)
    .replace(UUID, '*')
    .replace(LONG_HEX, '*');

function propagationOf(tags: readonly string[]): Mount['propagation'] {
  if (tags.some((tag) => tag.startsWith('shared:'))) return 'shared';
  if (tags.some((tag) => tag.startsWith('master:'))) return 'slave';
  return tags.includes('unbindable') ? 'unbindable' : 'private';
}
