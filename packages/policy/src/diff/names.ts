import type { Action } from '../decide/action.js';
import { PRIVILEGES } from '../decide/action.js';
import { decide } from '../decide/decide.js';
import type { EffectiveLine, EffectivePolicy } from '../decide/effective.js';
import { KERNEL_SURFACE } from '../model/policy.js';
import { SYSCALL_NAMES } from '../model/syscall-names.js';
import { CAPABILITY_NAMES } from '../read/line-shapes.js';
import type { Comparison } from './difference.js';
import { Differences } from './gather.js';

/** Sections in which everything that can be asked can be enumerated. */
export const NAMED = {
  capabilities: CAPABILITY_NAMES.map((name): Action => ({ kind: 'capability', name })),
  syscalls: SYSCALL_NAMES.map((name): Action => ({ kind: 'syscall', name })),
  kernelSurface: KERNEL_SURFACE.map((handle): Action => ({ kind: 'kernel', handle })),
  privilege: PRIVILEGES.map((privilege): Action => ({ kind: 'privilege', privilege })),
} as const;

/** Lines about single names are one kind: what matters is the list of names. */
const kindOf = (line: EffectiveLine | undefined): string =>
  line === undefined ? '' : `${line.policy}\0${line.terms.kind}\0${line.verdict}`;

const nameOf = (action: Action): string => {
  if (action.kind === 'capability' || action.kind === 'syscall') return action.name;
  if (action.kind === 'kernel') return action.handle;
  return action.kind === 'privilege' ? action.privilege : '';
};

export function compareNames(
  a: EffectivePolicy,
  b: EffectivePolicy,
  section: keyof typeof NAMED,
): Comparison {
  const differences = new Differences(section, kindOf);
  for (const action of NAMED[section])
    differences.compare(
      decide(a, action).watched,
      decide(b, action).watched,
      nameOf(action),
      '',
      () => action,
    );
  return { changes: differences.changes, limits: [] };
}
