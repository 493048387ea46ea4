import { readFileSync } from 'node:fs';

/** One mounted tree of cgroups. */
export interface CgroupTree {
  readonly version: 1 | 2;
  /** Of version 1: what it controls, a named tree as `name=systemd`. */
  readonly controllers: readonly string[];
  readonly folder: string;
  /** The group that is mounted there, as /proc/PID/cgroup names groups; mostly `/`. */
  readonly root: string;
}

/** From mountinfo of proc(5). A tree that is mounted twice is told once. */
export function cgroupTrees(mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')): readonly CgroupTree[] {
  const trees = new Map<string, CgroupTree>();
  for (const line of mountinfo.split('\n')) {
    const [head = '', tail = ''] = line.split(' - ');
    const [type, , options = ''] = tail.split(' ');
    const [, , , root = '', folder = ''] = head.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') continue;
    const controllers = type === 'cgroup2' ? [] : options.split(',').filter((word) => !GENERAL.has(word));
    const key = `${type} ${controllers.join(',')}`;
    const known = trees.get(key);
    // Of several mounts the one that shows most.
    if (known === undefined || root.length < known.root.length)
      trees.set(key, { version: type === 'cgroup2' ? 2 : 1, controllers, folder: unescaped(folder), root });
  }
  return [...trees.values()];
}

const GENERAL = new Set(['rw', 'ro', 'noprefix', 'xattr', 'clone_children', 'cpuset_v2_mode']);

/** `\040` for a blank, as mountinfo writes them. */
export const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** The folder of a group; undefined where this mount does not show it. */
export function folderOf(tree: CgroupTree, path: string): string | undefined {
  if (path.includes('/..')) return undefined; // of another cgroup namespace
  if (tree.root === '/') return tree.folder + path;
  return path.startsWith(`${tree.root}/`) ? tree.folder + path.slice(tree.root.length) : undefined;
}

/** Which tree a line of /proc/PID/cgroup is about: its number is nothing to go by, its controllers are. */
export function treeOf(trees: readonly CgroupTree[], controllers: string): CgroupTree | undefined {
  if (controllers === '') return trees.find(({ version }) => version === 2);
  const named = new Set(controllers.split(','));
  return trees.find((tree) => tree.version === 1 && tree.controllers.some((each) => named.has(each)));
}
