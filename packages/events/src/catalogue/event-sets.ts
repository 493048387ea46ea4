import { EVENT_TYPES, eventTypeByName } from '../event-types.js';
import { SYSCALLS, type SyscallSpec } from '../syscalls.js';
import type { EventView } from '../view.js';

/** A set of event types, as a table lookup that allocates nothing. */
export interface EventSet {
  readonly has: (view: EventView) => boolean;
}

const tableSize = Math.max(...EVENT_TYPES.map((t) => t.id)) + 1;

export function eventSet(ids: Iterable<number>): EventSet {
  const member = new Uint8Array(tableSize);
  for (const id of ids) member[id] = 1;
  return { has: (view) => member[view.typeId] === 1 };
}

/** The events with these names. An unknown name is a programming error. */
export function eventsNamed(text: string): EventSet {
  const ids = text
    .trim()
    .split(/\s+/)
    .map((name) => {
      const type = eventTypeByName.get(name);
      if (type === undefined) throw new TypeError(`no event type is called ${name}`);
      return type.id;
    });
  return eventSet(ids);
}

export const syscallById: ReadonlyMap<number, SyscallSpec> = new Map(SYSCALLS.map((s) => [s.id, s]));

const family = (...families: string[]): EventSet =>
  eventSet(SYSCALLS.filter((s) => families.includes(s.family)).map((s) => s.id));

export const OPENS = family('open');
export const EXECS = family('exec');
/** Events whose object is the descriptor they take or make, whether or not a number is known. */
export const ON_DESCRIPTORS = family('open', 'fd');
export const PATHS = family('path');
/** Events that may carry a descriptor the table's family does not announce (`memfd_create`, `bpf`, …). */
export const DESCRIPTORS_BY_RESULT = family('sys');

export const READS = eventsNamed('read readv pread preadv preadv2 recvfrom recvmsg recvmmsg');
export const WRITES = eventsNamed('write writev pwrite pwritev pwritev2 sendto sendmsg sendmmsg sendfile');
/** Where the address the caller passes is the peer's although the socket has one already. */
export const SENDS = eventsNamed('sendto sendmsg sendmmsg');
export const RECEIVES = eventsNamed('recvfrom recvmsg recvmmsg');
export const BINDS = eventsNamed('bind');
export const CONNECTS = eventsNamed('connect');
export const LINKS = eventsNamed('link linkat');
