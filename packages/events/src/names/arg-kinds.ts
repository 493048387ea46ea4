/**
 * Kinds of system call arguments: the second half of each `name:kind` in {@link SyscallSpec.args}. A kind
 * says how the register is read (which width, signed or not, or whether it stands for a string) and spelled.
 */
export const argKinds = [
  'int',
  'uint',
  'fd',
  'pid',
  'uid',
  'gid',
  'signal',
  'mode',
  'path',
  'string',
  'buffer',
  'sockaddr',
  'pointer',
  'open_flags',
  'at_flags',
  'unlinkat_flags',
  'rename_flags',
  'resolve_flags',
  'mount_flags',
  'umount_flags',
  'clone_flags',
  'prot_flags',
  'mmap_flags',
  'socket_family',
  'socket_type',
  'shutdown_how',
  'ptrace_request',
  'prctl_option',
  'keyctl_option',
  'fcntl_cmd',
  'bpf_cmd',
] as const;

export type ArgKind = (typeof argKinds)[number];

const known: ReadonlySet<string> = new Set(argKinds);

export const isArgKind = (kind: string): kind is ArgKind => known.has(kind);
