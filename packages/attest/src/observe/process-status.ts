import { CAPABILITIES } from '@runward/events';
import type { CapabilitySet, ProcessConfiguration } from '../configuration/configuration.js';
import { linkOf, sorted, textOf } from './files.js';

/** What /proc/PID/status tells of a process's powers. */
export interface ProcessStatus {
  readonly pid: number;
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  readonly capabilities: Readonly<Record<CapabilitySet, bigint>>;
  readonly noNewPrivileges: boolean;
  readonly seccomp: ProcessConfiguration['seccomp'];
  readonly seccompFilters: number | null;
  readonly securityLabel: string;
  readonly executable: string;
}

const SECCOMP = ['none', 'strict', 'filter'] as const;

/** Pure. undefined: this is no status of a process. */
export function readStatus(
  text: string,
): Omit<ProcessStatus, 'pid' | 'securityLabel' | 'executable'> | undefined {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf(':');
    // A process chooses its name, which stands first; what comes after cannot be its doing.
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1).trim());
  }
  if (!fields.has('CapEff')) return undefined;
  const numbers = (name: string): readonly number[] =>
    (fields.get(name) ?? '').split(/\s+/).filter(Boolean).map(Number);
  const set = (name: string): bigint => {
    const digits = fields.get(name) ?? '';
    return /^[0-9a-f]{1,16}$/i.test(digits) ? BigInt(`0x${digits}`) : 0n;
  };
  const filters = fields.get('Seccomp_filters');
  return {
    ...{ uids: numbers('Uid'), gids: numbers('Gid') },
    groups: [...new Set(numbers('Groups'))].sort((a, b) => a - b),
    capabilities: {
      ...{ inheritable: set('CapInh'), permitted: set('CapPrm'), effective: set('CapEff') },
      ...{ bounding: set('CapBnd'), ambient: set('CapAmb') },
    },
    noNewPrivileges: fields.get('NoNewPrivs') === '1',
    seccomp: SECCOMP[Number(fields.get('Seccomp') ?? '-1')] ?? 'unknown',
    seccompFilters: filters === undefined ? null : Number(filters),
  };
}

/** undefined when the process is gone. */
export function statusOf(pid: number): ProcessStatus | undefined {
  const status = readStatus(textOf(`/proc/${pid}/status`) ?? '');
  if (status === undefined) return undefined;
  const label = textOf(`/proc/${pid}/attr/apparmor/current`) ?? textOf(`/proc/${pid}/attr/current`) ?? '';
  return {
    ...{ pid, ...status },
    securityLabel: labelOf(label),
    executable: linkOf(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''),
  };
}

/** SELinux gives each container categories of its own, which say nothing of what it may do. */
const labelOf = (text: string): string =>
  text
    .replace(/[\0\n]+$/, '')
    .trim()
    .replace(/:c\d+(?:[.,]c\d+)*$/, ':*')
    .replace(/^unconfined$/, '');

export function capabilityNamesIn(set: bigint): readonly string[] {
  const names: string[] = [];
  for (let bit = 0; bit < 64; bit += 1)
    if (((set >> BigInt(bit)) & 1n) === 1n) names.push(CAPABILITIES[bit] ?? `CAP_${bit}`);
  return names.sort();
}

const LIMITS = ['Max core file size', 'Max locked memory', 'Max open files', 'Max processes'];

/** Pure. Hard limits by name, of those that bound what others have left. */
export function readHardLimits(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const name = LIMITS.find((each) => line.startsWith(`${each} `));
    const [, hard] = name === undefined ? [] : line.slice(name.length).trim().split(/\s+/);
    if (name !== undefined && hard !== undefined) found[name] = hard;
  }
  return found;
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_.-]{0,254}$/;
/** What Kubernetes tells a pod of the services beside it, which come and go. */
const OF_SERVICES =
  /^[A-Z0-9_]+_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT|PORT_\d+_(?:TCP|UDP|SCTP)(?:_[A-Z]+)?)$/;

/** Pure. What stands before each `=`; an entry that has no name may be part of a secret and is left out. */
export const readEnvironment = (text: string): readonly string[] =>
  sorted(
    text.split('\0').flatMap((entry) => {
      const name = entry.slice(0, Math.max(0, entry.indexOf('=')));
      return VARIABLE.test(name) && !OF_SERVICES.test(name) ? [name] : [];
    }),
  );
