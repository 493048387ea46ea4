import type { EventView } from './view.js';

/** From `linux/sched.h`. */
const CLONE_NEWTIME = 0x80;
const CLONE_NEWUSER = 0x1000_0000;
/** Mount, cgroup, UTS, IPC, PID and network namespaces. */
const CLONE_NEW_OTHERS = 0x6e02_0000;

/** clone3 takes a pointer, in whose place the kernel side puts the flags it points to, where it can read them. */
export const CLONE3_FLAG_LIMIT = 2 ** 34;

/**
 * Which namespaces an `unshare`, `clone` or `clone3` made: a user namespace, others. Neither where its flags are not
 * known. `clone` has the signal for the parent where `unshare` has the time namespace.
 */
export function newNamespaces(view: EventView): { readonly user: boolean; readonly others: boolean } {
  const call = view.typeName;
  if (call === 'clone3' && view.arg64(0) >= CLONE3_FLAG_LIMIT) return NONE;
  const flags = view.arg(0);
  const others = call === 'unshare' ? CLONE_NEW_OTHERS | CLONE_NEWTIME : CLONE_NEW_OTHERS;
  return { user: (flags & CLONE_NEWUSER) !== 0, others: (flags & others) !== 0 };
}

const NONE = Object.freeze({ user: false, others: false });
