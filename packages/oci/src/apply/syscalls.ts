import { HANDLES, START_CALLS } from '@runward/policy/surface';
import { EPERM, type SyscallConstraint, type SyscallDemand } from '../seccomp/demand.js';
import { unseenFlags } from '../seccomp/restrict.js';
import type { CreationPolicy, Reason } from './creation-policy.js';

export interface SyscallsAsked {
  readonly demand: SyscallDemand;
  readonly reasons: readonly Reason[];
  /** Calls that the policy's default denies and the container runtime needs. */
  readonly lent: readonly string[];
}

/** The system call demands of the sections `syscalls` and `kernelSurface`, as one. */
export function syscallsAsked(policy: CreationPolicy): SyscallsAsked {
  const reasons: Reason[] = [];
  const named = new Map<string, SyscallConstraint>();
  const fallback = policy.otherwise('syscalls');
  const lent: string[] = [];
  if (fallback !== undefined) {
    reasons.push(fallback);
    const mentioned = new Set(policy.mentioned('syscalls'));
    for (const name of START_CALLS)
      if (!mentioned.has(name)) {
        named.set(name, { kind: 'allow' });
        lent.push(name);
      }
  }
  for (const name of policy.mentioned('syscalls')) {
    const reason = policy.denies('syscalls', name);
    if (reason !== undefined) reasons.push(reason);
    named.set(name, reason === undefined ? { kind: 'allow' } : denial(reason));
  }
  let flags = 0;
  for (const { means, reason } of deniedHandles(policy)) {
    const calls = means.syscalls ?? [];
    for (const name of calls) named.set(name, harder(named.get(name), denial(reason)));
    if (means.namespaceFlags !== undefined) flags = Number(BigInt(flags) | BigInt(means.namespaceFlags));
    if (calls.length > 0 || means.namespaceFlags !== undefined) reasons.push(reason);
  }
  if (flags !== 0)
    for (const [name, constraint] of flagConstraints(flags)) named.set(name, harder(named.get(name) ?? (fallback && denial(fallback)), constraint)); // biome-ignore format: one thought
  return {
    demand: { otherwise: fallback === undefined ? { kind: 'allow' } : denial(fallback), named },
    reasons,
    lent,
  };
}

/** Handles the policy denies that can be shut at creation. */
export function deniedHandles(policy: CreationPolicy) {
  return Object.entries(HANDLES).flatMap(([name, means]) => {
    const reason = policy.denies('kernelSurface', name);
    return reason === undefined ? [] : [{ name, means, reason }];
  });
}

const denial = (reason: Reason): SyscallConstraint & { readonly kind: 'deny' } => ({
  kind: 'deny',
  action: reason.response === 'kill' ? 'SCMP_ACT_KILL_PROCESS' : 'SCMP_ACT_ERRNO',
  errno: EPERM,
});

const flagConstraints = (mask: number): readonly (readonly [string, SyscallConstraint])[] => [
  ['unshare', { kind: 'without-flags', index: 0, mask }],
  ['clone', { kind: 'without-flags', index: 0, mask }],
  ['clone3', unseenFlags],
];

/** Of two constraints on one call the one that lets less through. */
function harder(one: SyscallConstraint | undefined, other: SyscallConstraint): SyscallConstraint {
  if (one === undefined || one.kind === 'allow') return other;
  if (one.kind === 'deny' && other.kind === 'deny')
    return one.action === 'SCMP_ACT_KILL_PROCESS' ? one : other;
  return one.kind === 'deny' ? one : other;
}
