/** Capability names by bit: `linux/capability.h`. */
export const CAPABILITIES: readonly string[] = [
  ...['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_DAC_READ_SEARCH', 'CAP_FOWNER', 'CAP_FSETID', 'CAP_KILL'],
  ...['CAP_SETGID', 'CAP_SETUID', 'CAP_SETPCAP', 'CAP_LINUX_IMMUTABLE', 'CAP_NET_BIND_SERVICE'],
  ...['CAP_NET_BROADCAST', 'CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_IPC_LOCK', 'CAP_IPC_OWNER', 'CAP_SYS_MODULE'],
  ...['CAP_SYS_RAWIO', 'CAP_SYS_CHROOT', 'CAP_SYS_PTRACE', 'CAP_SYS_PACCT', 'CAP_SYS_ADMIN', 'CAP_SYS_BOOT'],
  ...['CAP_SYS_NICE', 'CAP_SYS_RESOURCE', 'CAP_SYS_TIME', 'CAP_SYS_TTY_CONFIG', 'CAP_MKNOD', 'CAP_LEASE'],
  ...['CAP_AUDIT_WRITE', 'CAP_AUDIT_CONTROL', 'CAP_SETFCAP', 'CAP_MAC_OVERRIDE', 'CAP_MAC_ADMIN'],
  ...['CAP_SYSLOG', 'CAP_WAKE_ALARM', 'CAP_BLOCK_SUSPEND', 'CAP_AUDIT_READ', 'CAP_PERFMON', 'CAP_BPF'],
  'CAP_CHECKPOINT_RESTORE',
];

/** Few distinct sets exist on a node; the bound keeps a program that drops them one by one from growing it. */
const CACHE_LIMIT = 256;
const cache = new Map<bigint, string>();
let last = { set: 0n, text: '' };

/** `CAP_CHOWN CAP_KILL`: the names of a capability set, lowest bit first; '' for the empty set. */
export function capabilityNames(set: bigint): string {
  if (set !== last.set) last = { set, text: describe(set) };
  return last.text;
}

function describe(set: bigint): string {
  const known = cache.get(set);
  if (known !== undefined) return known;
  const text = CAPABILITIES.filter((_, bit) => ((set >> BigInt(bit)) & 1n) === 1n).join(' ');
  if (cache.size < CACHE_LIMIT) cache.set(set, text);
  return text;
}
