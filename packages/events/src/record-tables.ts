/** Look-up tables of the event view: by record kind, by file type, by event type. */
import { eventTypeByName } from './event-types.js';
import { RwCgroup, RwExec, RwExit, RwFd, RwFork, RwKind, RwOpen, RwPath, RwSys } from './layout.generated.js';
import type { ObjectKind } from './view.js';

/** Length of the fixed part of a record, by kind: what may be read without looking at the length again. */
export const FIXED_SIZES: readonly (number | undefined)[] = (() => {
  const sizes = new Array<number | undefined>(256).fill(undefined);
  sizes[RwKind.RW_K_SYS] = RwSys.size;
  sizes[RwKind.RW_K_OPEN] = RwOpen.size;
  sizes[RwKind.RW_K_PATH] = RwPath.size;
  sizes[RwKind.RW_K_FD] = RwFd.size;
  sizes[RwKind.RW_K_EXEC] = RwExec.size;
  sizes[RwKind.RW_K_FORK] = RwFork.size;
  sizes[RwKind.RW_K_EXIT] = RwExit.size;
  sizes[RwKind.RW_K_CGROUP] = RwCgroup.size;
  return sizes;
})();

/** By the file type bits of the mode, shifted down to a small index. */
export const FILE_KINDS: readonly (ObjectKind | undefined)[] = (() => {
  const kinds = new Array<ObjectKind | undefined>(16).fill(undefined);
  kinds[0o10] = 'file';
  kinds[0o04] = 'directory';
  kinds[0o02] = 'char';
  kinds[0o06] = 'block';
  kinds[0o01] = 'pipe';
  return kinds;
})();
/** By type id: calls that bring what a peer sent. */
export const RECEIVING: Uint8Array = (() => {
  const member = new Uint8Array(1024);
  for (const name of ['read', 'recvfrom', 'recvmsg', 'recvmmsg'])
    member[eventTypeByName.get(name)?.id ?? 0] = 1;
  return member;
})();
