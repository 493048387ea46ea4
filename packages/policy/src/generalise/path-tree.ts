import type { FileObservation } from '../profile/profile.js';
import { literalGlob } from './glob-text.js';
import { isPlaceholder, type NameShape, shapeOf } from './name-shape.js';

/** One name below a folder; `glob` stands for it in patterns. */
export interface PathNode {
  readonly glob: string;
  /** Whether `glob` stands for other names as well. */
  readonly varies: boolean;
  /** What varies, in words; '' where nothing does. */
  readonly what: string;
  /** Those of this very path; several where names became one. */
  readonly seen: FileObservation[];
  readonly children: Map<string, PathNode>;
}

const ANY_NUMBER = '[0-9]*';
const node = (glob: string, varies: boolean, what: string): PathNode => ({
  ...{ glob, varies, what },
  seen: [],
  children: new Map(),
});

/** Names that exist in this number side by side and differ in numbers only are counted through. */
const ENOUGH_ALIKE = 3;

/** The files of a profile by their folders. */
export function treeOf(files: readonly FileObservation[]): PathNode {
  const root = node('', false, '');
  for (const file of files) {
    let at = root;
    for (const [depth, name] of file.path.slice(1).split('/').entries()) {
      const isNumber = file.path.startsWith('/proc/') && isPlaceholder(name, depth);
      const key = isNumber ? '[pid]' : name;
      const next =
        at.children.get(key) ??
        (isNumber ? node(ANY_NUMBER, true, 'a process') : node(literalGlob(name), false, ''));
      at.children.set(key, next);
      at = next;
    }
    at.seen.push(file);
  }
  return root;
}

/** Folders in which a number is a version or an identity, whatever it looks like. */
const FIXED = /^\/(?:usr|lib\d*|bin|sbin|etc|boot|proc\/sys|sys|dev)(?:\/|$)/;

/** Names that differ each time become patterns, from the root down. `path`: of the node itself. */
export function mergeNames(at: PathNode, path = ''): void {
  const groups = new Map<string, { readonly shape: NameShape; readonly names: string[] }>();
  for (const name of [...at.children.keys()].sort()) {
    const child = at.children.get(name);
    const shape = child?.varies === false ? shapeOf(name, isTransient(child)) : undefined;
    if (shape === undefined) continue;
    const group = groups.get(shape.glob);
    group?.names.push(name);
    if (group === undefined || (shape.sure && !group.shape.sure))
      groups.set(shape.glob, { shape, names: group?.names ?? [name] });
  }
  const isFixed = path === '' || FIXED.test(`${path}/`);
  for (const { shape, names } of groups.values()) {
    const children = names.flatMap((name) => at.children.get(name) ?? []);
    const varies = isFixed
      ? path !== '' && children.some(isTransient)
      : names.length >= ENOUGH_ALIKE || children.some(isMadeHere);
    if (shape.sure || varies) merge(at, names, shape);
  }
  for (const child of at.children.values()) mergeNames(child, `${path}/${child.glob}`);
}

/** The workload made this name itself: it was not there before. */
const isMadeHere = ({ seen }: PathNode): boolean =>
  seen.some(({ operations }) => operations.includes('create') || operations.includes('rename'));

/** Made, and gone or called otherwise soon after: what programs do to replace a file. */
const isTransient = ({ seen }: PathNode): boolean =>
  seen.some(
    ({ operations }) =>
      operations.includes('create') && (operations.includes('delete') || operations.includes('rename')),
  );

function merge(at: PathNode, names: readonly string[], { glob, what }: NameShape): void {
  const key = `\0${glob}`;
  const merged = at.children.get(key) ?? node(glob, true, what);
  for (const name of names) {
    const child = at.children.get(name);
    if (child !== undefined) absorb(merged, child);
    at.children.delete(name);
  }
  at.children.set(key, merged);
}

function absorb(into: PathNode, from: PathNode): void {
  into.seen.push(...from.seen);
  for (const [name, child] of from.children) {
    const known = into.children.get(name);
    if (known === undefined) into.children.set(name, child);
    else absorb(known, child);
  }
}
