import type { FileObservation } from '../profile/profile.js';
import { planFile } from './file-plan.js';
import type { PathNode } from './path-tree.js';
import type { PlannedLine } from './planned-line.js';

/** So many files of one folder, used alike, stand for the folder. */
const ENOUGH = 8;
/** The watcher keeps names of one folder apart up to 512, and then says `FOLDER/*`. */
const MANY = 256;

const READING: ReadonlySet<string> = new Set(['read', 'execute']);

/** Folders that hold too much that is different: their files are named one by one, whatever is done with them. */
const NEVER =
  /^(?:|\/(?:etc|root|home|home\/[^/]+|dev|run|var|var\/run|tmp|var\/tmp|usr|opt|srv|mnt|media|boot|bin|sbin|usr\/s?bin|usr\/local\/s?bin)|\/(?:proc|sys|dev)\/.*|\/proc|\/sys)$/;
/** Folders where programs and settings are: nothing there is allowed to be written by a pattern over names. */
const NEVER_WRITTEN = /^\/(?:etc|usr|bin|sbin|lib[^/]*|boot|root|home)(?:\/|$)/;

/** A line for each file or pattern of the tree, and for folders of which enough was seen. */
export function linesOfTree(root: PathNode): readonly PlannedLine[] {
  return walk(root, '');
}

function walk(at: PathNode, path: string): readonly PlannedLine[] {
  const children = [...at.children.values()];
  const { lines, rest } = folderLines(children, path);
  return [
    ...(at.seen.length === 0 || path === '' ? [] : [single(at, path)]),
    ...lines,
    ...rest.flatMap((child) => walk(child, `${path}/${child.glob}`)),
  ];
}

function single(at: PathNode, path: string): PlannedLine {
  const varies = at.what !== '' || /(?<!\\)[*?[]/.test(path);
  const note = at.what === '' ? '' : `${at.what} in the name`;
  return planFile({ glob: path, seen: at.seen, reason: varies ? 'pattern' : 'exact', note });
}

/** Files of one folder that are used alike, taken together where there are enough. */
function folderLines(
  children: readonly PathNode[],
  path: string,
): { readonly lines: readonly PlannedLine[]; readonly rest: readonly PathNode[] } {
  if (NEVER.test(path)) return { lines: [], rest: children };
  const groups = new Map<string, PathNode[]>();
  const isFull = children.length >= MANY;
  for (const child of children) {
    const kind = child.children.size > 0 || child.seen.length === 0 ? undefined : kindOf(child.seen, path);
    if (kind !== undefined) groups.set(kind, [...(groups.get(kind) ?? []), child]);
  }
  const lines: PlannedLine[] = [];
  const taken = new Set<PathNode>();
  for (const group of groups.values()) {
    const count = group.reduce((sum, { seen }) => sum + seen.length, 0);
    const rest = isFull && group.some((child) => child.glob === '\\*');
    if ((group.length < ENOUGH || count < ENOUGH) && !rest) continue;
    for (const child of group) taken.add(child);
    const note = `${count} files of the folder were used alike`;
    const seen = group.flatMap((child) => child.seen);
    lines.push(planFile({ glob: `${path}/*`, seen, reason: 'folder', note }));
  }
  return { lines, rest: children.filter((child) => !taken.has(child)) };
}

/** Files of the same kind are used alike; undefined: never to be taken together. */
function kindOf(seen: readonly FileObservation[], path: string): string | undefined {
  const operations = [...new Set(seen.flatMap((file) => file.operations))].sort();
  if (operations.every((name) => READING.has(name))) return operations.join(' ');
  if (NEVER_WRITTEN.test(path)) return undefined;
  // What the workload makes it also changes and removes, now or later.
  return operations.includes('create') || operations.includes('rename') ? 'made' : undefined;
}
