import type { Severity } from './check.js';

/** With these a container is its host, sooner or later. */
const CRITICAL: ReadonlySet<string> = new Set([
  ...['CAP_SYS_ADMIN', 'CAP_SYS_MODULE', 'CAP_SYS_RAWIO', 'CAP_SYS_PTRACE', 'CAP_DAC_READ_SEARCH'],
  ...['CAP_BPF', 'CAP_MAC_ADMIN', 'CAP_MAC_OVERRIDE'],
]);
/** With these it may harm the host or others on it. */
const HIGH: ReadonlySet<string> = new Set([
  ...['CAP_NET_ADMIN', 'CAP_SYS_BOOT', 'CAP_SYS_TIME', 'CAP_SYSLOG', 'CAP_PERFMON', 'CAP_LINUX_IMMUTABLE'],
  ...['CAP_CHECKPOINT_RESTORE', 'CAP_SYS_RESOURCE', 'CAP_IPC_OWNER', 'CAP_SYS_PACCT', 'CAP_SYS_TTY_CONFIG'],
  ...[
    'CAP_AUDIT_CONTROL',
    'CAP_AUDIT_READ',
    'CAP_BLOCK_SUSPEND',
    'CAP_WAKE_ALARM',
    'CAP_SYS_NICE',
    'CAP_LEASE',
  ],
]);

/** undefined: runtimes give it by default, for programs that need it. */
export const severityOf = (capability: string): Severity | undefined =>
  CRITICAL.has(capability)
    ? 'critical'
    : HIGH.has(capability)
      ? 'high'
      : capability === 'CAP_NET_RAW'
        ? 'medium'
        : undefined;
