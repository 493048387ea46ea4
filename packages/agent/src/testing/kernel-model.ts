import { EventFlag, type EventView, RwOpenFact, RwOutcome, SYSCALLS } from '@runward/events';
import type { Narrowing } from '@runward/sensor';
import type { Interest } from '../interest.js';

const F = RwOpenFact;
const CALLS = new Map(SYSCALLS.map((call) => [call.id, call]));
const COMPONENT = /[^/]+/g;

/**
 * What the kernel programs do with an interest, on plain events. Path sketches are exact here: the kernel's own,
 * which may take one name for another, only ever send more.
 */
export function kernelSends(interest: Interest, view: EventView, narrowing: Narrowing | undefined): boolean {
  const call = CALLS.get(view.typeId);
  if (call === undefined) return true; // process life is always sent
  const isUring = (view.flags & EventFlag.ioUring) !== 0;
  const scope = view.container === undefined ? 2 : 1;
  const { scope: asked, outcomes } = interest.callOf(call);
  const failed = view.result !== undefined && view.result < 0 && view.result >= -4095;
  const isSuccessfulExec = call.family === 'exec' && !failed;
  if (isSuccessfulExec) return true;
  if ((asked & scope) === 0 || ((outcomes >> (kindOf(call.family, view) + Number(failed))) & 1) === 0)
    return false;
  if (
    narrowing !== undefined &&
    (((narrowing.types[view.typeId >>> 5] ?? 0) >>> (view.typeId & 31)) & 1) === 0
  )
    return false;
  // Requests of io_uring are filtered by type alone.
  if (isUring) return true;
  if (call.family !== 'open' || call.name === 'open_by_handle_at') return true;
  const facts = factsOf(view, failed);
  return interest.open.clauses.some(
    ({ mask, want, group, scope: whose }, i) =>
      (((narrowing?.opens ?? -1) >>> i) & 1) === 1 &&
      (whose & scope) !== 0 &&
      (facts & mask) === want &&
      (group === undefined || failed || inGroup(group, view.path(0) ?? '')),
  );
}

function kindOf(family: string, { objectKind }: EventView): number {
  if (family !== 'fd') return RwOutcome.RW_ON_OTHER;
  if (objectKind === 'ipv4' || objectKind === 'ipv6') return RwOutcome.RW_ON_IP;
  if (objectKind === 'unix') return RwOutcome.RW_ON_UNIX;
  return objectKind === 'netlink' || objectKind === 'packet' ? RwOutcome.RW_ON_SOCKET : RwOutcome.RW_ON_OTHER;
}

function factsOf(view: EventView, failed: boolean): number {
  const { openFlags } = view;
  const access = openFlags & 3;
  return (
    (access === 0 || access === 2 ? F.RW_O_READ : 0) |
    (access === 0 ? 0 : F.RW_O_WRITE) |
    (failed ? F.RW_O_FAILED : 0) |
    ((openFlags & 0o1000) === 0 ? 0 : F.RW_O_TRUNC) |
    ((openFlags & 0o100) === 0 ? 0 : F.RW_O_CREAT) |
    (view.rawPath(0)?.includes('..') ? F.RW_O_DOTDOT : 0)
  );
}

type Group = NonNullable<Interest['open']['clauses'][number]['group']>;

function inGroup({ leaves, parents, tops }: Group, path: string): boolean {
  const parts = path.match(COMPONENT) ?? [];
  const holds = (names: readonly string[], part: string | undefined): boolean =>
    part !== undefined && names.includes(part);
  return holds(leaves, parts.at(-1)) || holds(parents, parts.at(-2)) || holds(tops, parts[0]);
}
