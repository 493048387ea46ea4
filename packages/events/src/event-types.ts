import { SYSCALLS } from './syscalls.js';

/** Events that are not a system call of their own. Ids from 1000; the C side's `RW_EV_*`. */
export const INTERNAL_EVENTS = [
  { id: 1000, name: 'procexit', doc: 'a process ended (its last thread)' },
  { id: 1001, name: 'procstart', doc: 'a process was created by fork, vfork, clone or clone3' },
  { id: 1002, name: 'cgroupcreate', doc: 'a cgroup was made; how containers are noticed early' },
  { id: 1003, name: 'cgroupremove', doc: 'a cgroup was removed' },
  { id: 1004, name: 'drop', doc: 'records were lost; carries how many per type and CPU' },
] as const;

export interface EventType {
  readonly id: number;
  /** The name `evt.type` compares with. */
  readonly name: string;
  readonly isSyscall: boolean;
}

export const EVENT_TYPES: readonly EventType[] = [
  ...SYSCALLS.map((s) => ({ id: s.id, name: s.name, isSyscall: true })),
  ...INTERNAL_EVENTS.map((e) => ({ id: e.id, name: e.name, isSyscall: false })),
];

export const eventTypeById: ReadonlyMap<number, EventType> = new Map(EVENT_TYPES.map((t) => [t.id, t]));
export const eventTypeByName: ReadonlyMap<string, EventType> = new Map(EVENT_TYPES.map((t) => [t.name, t]));
