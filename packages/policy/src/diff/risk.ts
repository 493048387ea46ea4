import type { Action } from '../decide/action.js';
import { isSensitive } from '../generalise/sensitive.js';
import type { PathPattern } from '../model/policy.js';
import { matchesAny } from '../pattern/path-pattern.js';
import type { DecisionChange, Risk } from './difference.js';

/** Capabilities that reach beyond a container (capabilities(7)). */
const FAR_REACHING = new Set(
  'SYS_ADMIN SYS_MODULE SYS_PTRACE SYS_RAWIO SYS_BOOT SYS_TIME DAC_READ_SEARCH NET_ADMIN BPF PERFMON MAC_ADMIN MAC_OVERRIDE LINUX_IMMUTABLE SYSLOG CHECKPOINT_RESTORE'.split(
    ' ',
  ),
);
/** System calls by which handles of the kernel are taken hold of. */
const FAR_REACHING_CALLS = new Set(
  'init_module finit_module delete_module bpf ptrace process_vm_writev perf_event_open userfaultfd mount fsopen move_mount open_tree pivot_root setns unshare keyctl add_key kexec_load kexec_file_load open_by_handle_at reboot swapon'.split(
    ' ',
  ),
);
/** Where a change outlives the process that makes it, or reaches others. */
const LASTING: readonly PathPattern[] = [
  { kind: 'glob', text: '/{bin,sbin,lib,lib32,lib64,libx32,usr,etc,boot,root,proc,sys,dev}{,/**}' },
  { kind: 'glob', text: '/var/spool/cron{,/**}' },
];
const CHANGING: ReadonlySet<string> = new Set([
  'write',
  'create',
  'delete',
  'rename',
  'link',
  'chmod',
  'chown',
  'mount',
  'execute',
]);

const RANK: Readonly<Record<Risk, number>> = { high: 0, medium: 1, low: 2 };

/** The gravest of what is newly allowed. */
export const riskOf = ({ direction, examples, what }: Omit<DecisionChange, 'risk'>): Risk | undefined =>
  direction === 'denies'
    ? undefined
    : examples
        .map((action) => riskOfAction(action, what))
        .reduce<Risk>((worst, risk) => (RANK[risk] < RANK[worst] ? risk : worst), 'low');

function riskOfAction(action: Action, what: readonly string[]): Risk {
  switch (action.kind) {
    case 'kernel':
    case 'privilege':
      return 'high';
    case 'capability':
      return what.some((name) => FAR_REACHING.has(name)) ? 'high' : 'medium';
    case 'syscall':
      return what.some((name) => FAR_REACHING_CALLS.has(name)) ? 'high' : 'low';
    case 'exec':
      return what.length > 0 ? 'high' : 'medium';
    case 'network':
      if (action.family === 'packet' || action.protocol === 'raw') return 'high';
      return action.operation === 'create' ? 'low' : 'medium';
    case 'file':
      if (isSensitive(action.path)) return 'high';
      if (!what.some((operation) => CHANGING.has(operation))) return 'low';
      return matchesAny(LASTING, action.path) ? 'high' : 'medium';
  }
}
