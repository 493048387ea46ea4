import {
  type ArgKind,
  AT_FLAGS,
  BPF_COMMANDS,
  CLONE_FLAGS,
  enumName,
  FCNTL_COMMANDS,
  type FlagTable,
  flagNames,
  KEYCTL_OPTIONS,
  MMAP_FLAGS,
  MODE_BITS,
  MOUNT_FLAGS,
  type NameTable,
  OPEN_FLAGS,
  PRCTL_OPTIONS,
  PROT_FLAGS,
  PTRACE_REQUESTS,
  RENAME_FLAGS,
  RESOLVE_FLAGS,
  SHUTDOWN_HOW,
  SIGNALS,
  SOCKET_FAMILIES,
  SOCKET_TYPES,
  UMOUNT_FLAGS,
  UNLINKAT_FLAGS,
} from '../names/index.js';
import type { EventView } from '../view.js';
import { descriptorNumber, taggedName } from './object.js';

/** How a kind that is a number is read from its register and spelled. */
export interface NumberKind {
  readonly read: (view: EventView, register: number) => number | bigint;
  /** Spelling for people and rules; undefined where the number says it all. */
  readonly spell: ((view: EventView, value: number) => string | undefined) | undefined;
}

/**
 * Widths matter: the kernel ignores the upper half of a register that carries an `int`, so a caller could
 * hide a value behind garbage there.
 */
const signed32 = (view: EventView, register: number): number => view.argInt(register);
const unsigned32 = (view: EventView, register: number): number => view.argInt(register) >>> 0;
const wide = (view: EventView, register: number): number | bigint => {
  const value = view.arg(register);
  return Number.isSafeInteger(value) ? value : view.arg64(register);
};

const plain = (read: NumberKind['read']): NumberKind => ({ read, spell: undefined });
const choice = (table: NameTable, read: NumberKind['read'] = signed32): NumberKind => ({
  read,
  spell: (_, value) => enumName(table, value),
});
const flags = (table: FlagTable, read: NumberKind['read'] = unsigned32): NumberKind => ({
  read,
  spell: (_, value) => flagNames(table, value),
});

/** `mount` still accepts a magic number in the upper half and drops it (`fs/namespace.c`). */
const MOUNT_MAGIC = 0xc0ed;
const mountWord = (view: EventView, register: number): number => {
  const value = unsigned32(view, register);
  return value >>> 16 === MOUNT_MAGIC ? value & 0xffff : value;
};

const AT_FDCWD = -100;
const spellDescriptor = (view: EventView, value: number): string | undefined => {
  if (value === AT_FDCWD) return 'AT_FDCWD';
  return value === descriptorNumber(view) ? taggedName(view) : undefined;
};

/** -1 in a call that sets ids means "leave as it is". */
const isUnchanged = (id: number): boolean => id === 0xffffffff;

type NonNumber = 'path' | 'string' | 'buffer' | 'sockaddr';

export const NUMBER_KINDS: Readonly<Record<Exclude<ArgKind, NonNumber>, NumberKind>> = {
  int: plain(signed32),
  uint: plain(wide),
  pointer: { read: wide, spell: undefined },
  fd: { read: signed32, spell: spellDescriptor },
  pid: plain(signed32),
  uid: {
    read: unsigned32,
    spell: (view, uid) => (isUnchanged(uid) ? undefined : view.accounts.userName(uid)),
  },
  gid: {
    read: unsigned32,
    spell: (view, gid) => (isUnchanged(gid) ? undefined : view.accounts.groupName(gid)),
  },
  signal: choice(SIGNALS),
  mode: {
    read: (view, register) => view.argInt(register) & 0xffff,
    spell: (_, value) => flagNames(MODE_BITS, value),
  },
  open_flags: flags(OPEN_FLAGS),
  at_flags: flags(AT_FLAGS),
  unlinkat_flags: flags(UNLINKAT_FLAGS),
  rename_flags: flags(RENAME_FLAGS),
  resolve_flags: flags(RESOLVE_FLAGS),
  mount_flags: flags(MOUNT_FLAGS, mountWord),
  umount_flags: flags(UMOUNT_FLAGS),
  clone_flags: flags(CLONE_FLAGS, wide),
  prot_flags: flags(PROT_FLAGS, unsigned32),
  mmap_flags: flags(MMAP_FLAGS, unsigned32),
  socket_family: choice(SOCKET_FAMILIES),
  socket_type: flags(SOCKET_TYPES),
  shutdown_how: choice(SHUTDOWN_HOW),
  ptrace_request: choice(PTRACE_REQUESTS),
  prctl_option: choice(PRCTL_OPTIONS),
  keyctl_option: choice(KEYCTL_OPTIONS),
  fcntl_cmd: choice(FCNTL_COMMANDS),
  bpf_cmd: choice(BPF_COMMANDS),
};
