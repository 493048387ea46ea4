import { parseCgroupPath } from '@runward/runtimes/cgroup-path';
import { RespondError } from '../error.js';
import { groupsOf, isOver, membersBelow, statOf } from './processes.js';
import { type CgroupTree, cgroupTrees, folderOf, treeOf } from './trees.js';

/** The group a container has in one tree. */
export interface OwnGroup {
  readonly tree: CgroupTree;
  readonly folder: string;
}

/** What an action is done to. */
export interface Subject {
  /** Full id, as the runtime knows it. */
  readonly id: string;
  readonly name: string;
  readonly runtime: string;
  /** `NAMESPACE/NAME`; '' without one. */
  readonly pod: string;
  /** Processes of it that were seen, living or not. */
  readonly pids: readonly number[];
}

/**
 * A container as the kernel has it: a group of its own in each tree. Whoever is in one of them belongs to it, whatever
 * else it did to itself, and nobody else does.
 */
export class ContainerGroups {
  readonly #own: readonly OwnGroup[];

  private constructor(
    readonly id: string,
    own: readonly OwnGroup[],
  ) {
    this.#own = own;
  }

  /** @throws RespondError RESPOND_VANISHED, RESPOND_NO_GROUP */
  static of(
    { id, name, pids }: Pick<Subject, 'id' | 'name' | 'pids'>,
    trees = cgroupTrees(),
  ): ContainerGroups {
    const shown = name || id;
    // One that waits to be reaped is in the root group by then.
    const living = pids.filter((pid) => isRunning(pid) && groupsOf(pid).length > 0);
    if (living.length === 0)
      throw new RespondError('RESPOND_VANISHED', `\`${shown}\` has no process any more`, {
        help: 'it ended meanwhile',
      });
    const found = new Map<string, OwnGroup>();
    for (const pid of living)
      for (const { controllers, path } of groupsOf(pid)) {
        const tree = treeOf(trees, controllers);
        const own = ownPath(path, id);
        const folder = tree && own && folderOf(tree, own);
        if (tree && folder) found.set(folder, { tree, folder });
      }
    if (found.size === 0)
      throw new RespondError('RESPOND_NO_GROUP', `\`${shown}\` has no cgroup of its own`, {
        help: 'its processes are in the root group, with those of the host; start it with a group of its own',
      });
    return new ContainerGroups(id, [...found.values()]);
  }

  /** The group that a controller of version 1 has for it, or the one of version 2. */
  group(controller: string): OwnGroup | undefined {
    return this.#own.find(({ tree }) => tree.controllers.includes(controller)) ?? this.v2;
  }

  v1(controller: string): OwnGroup | undefined {
    return this.#own.find(({ tree }) => tree.version === 1 && tree.controllers.includes(controller));
  }

  get v2(): OwnGroup | undefined {
    return this.#own.find(({ tree }) => tree.version === 2);
  }

  /** Processes that run in it now; those that only wait to be reaped are left out. */
  members(): readonly number[] {
    const all = new Set(this.#own.flatMap(({ folder }) => membersBelow(folder)));
    return [...all].filter((pid) => {
      const stat = statOf(pid);
      return stat !== undefined && !isOver(stat);
    });
  }

  /** Asked of a process whose descriptor is open already, the answer holds for that very process. */
  has(pid: number): boolean {
    return groupsOf(pid).some(({ controllers, path }) =>
      this.#own.some(({ tree, folder }) => {
        if (tree.version === 2 ? controllers !== '' : !sharesOne(tree, controllers)) return false;
        const own = folderOf(tree, path);
        return own !== undefined && (own === folder || own.startsWith(`${folder}/`));
      }),
    );
  }

  /**
   * Before anything is done to all members at once.
   *
   * @throws RespondError RESPOND_GROUP_SHARED
   */
  mustBeOwn(): void {
    const sharer = [1, process.pid, process.ppid].find((pid) => this.has(pid));
    if (sharer === undefined) return;
    throw new RespondError(
      'RESPOND_GROUP_SHARED',
      `the cgroup of \`${this.id}\` also has process ${sharer} of the host`,
      {
        help: 'nothing was done: it would reach the host; act on single processes with `kill-process`',
      },
    );
  }
}

const isRunning = (pid: number): boolean => {
  const stat = statOf(pid);
  return stat !== undefined && !isOver(stat);
};

const sharesOne = (tree: CgroupTree, controllers: string): boolean =>
  controllers.split(',').some((each) => each !== '' && tree.controllers.includes(each));

/**
 * The container's own group above the one a process is in; undefined when nothing there names the container, as in a
 * tree its runtime made no group in: that one is the host's. Of names that runtimes give the outermost counts, since
 * what is made inside proves nothing; a plain OCI runtime names the group as its caller likes.
 */
export function ownPath(path: string, id: string): string | undefined {
  const segments = path.split('/');
  for (let end = 2; end <= segments.length; end += 1) {
    const outer = segments.slice(0, end).join('/');
    if (parseCgroupPath(outer)?.id === id) return outer;
  }
  const at = segments.lastIndexOf(id);
  return at < 1 ? undefined : segments.slice(0, at + 1).join('/');
}
