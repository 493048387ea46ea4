import { randomUUID } from 'node:crypto';
import type { Mode, ModedName, RuntimePolicy } from '@runward/policy';
import type { Decision, DecisionAction, PolicyChange, Who } from '../decisions/decision.js';
import { digestOf, PolicyStore, type StoreChange } from '../store/policy-store.js';
import type { PolicyRegister } from '../store/register.js';
import { type Modes, type StoredPolicy, stateOf, withModes } from '../store/stored-policy.js';
import { type PolicyDocument, refuseTwice } from './documents.js';
import { PolicyChangeError } from './error.js';

/** Under what a change is recorded. */
export interface Circumstances {
  readonly who: Who;
  readonly by: Decision['by'];
  readonly nowMs: number;
}

/** A change that was thought through and not made yet. */
export interface PlannedChange extends StoreChange {
  /** All policies as they will be in force. */
  readonly result: readonly RuntimePolicy[];
}

type Put = StoreChange['put'][number];

/**
 * Policies as new or changed documents. A document that is in force already changes nothing, and modes that were set by
 * hand stay; of any other they are those of the document. undefined when nothing changes at all.
 *
 * @throws PolicyChangeError POLICY_TWICE
 */
export function planApply(
  register: PolicyRegister,
  documents: readonly PolicyDocument[],
  circumstances: Circumstances,
  action: 'apply' | 'adopt' = 'apply',
): PlannedChange | undefined {
  refuseTwice(documents);
  const put = documents.flatMap((document): Put[] => {
    const { policy, text, source } = document;
    const digest = digestOf(text);
    if (find(register, policy.name)?.digest === digest) return [];
    const { nowMs: changedAtMs } = circumstances;
    const revision = PolicyStore.nextRevision(register, policy.name);
    return [
      { stored: { name: policy.name, revision, digest, changedAtMs, source, modes: {}, policy }, text },
    ];
  });
  return put.length === 0 ? undefined : planned(register, put, [], circumstances, action);
}

/**
 * Sections of a policy in another mode; all of them when none is named. undefined when they are in it already.
 *
 * @throws PolicyChangeError POLICY_UNKNOWN, POLICY_NO_SUCH_SECTION
 */
export function planMode(
  register: PolicyRegister,
  change: { readonly name: string; readonly sections: readonly ModedName[]; readonly mode: Mode },
  text: string,
  circumstances: Circumstances,
  promotion?: { readonly evidence: unknown },
): PlannedChange | undefined {
  const before = known(register, change.name);
  const present = Object.keys(stateOf(before).modes) as ModedName[]; // keys of Modes
  const missing = change.sections.find((section) => !present.includes(section));
  if (missing !== undefined)
    throw new PolicyChangeError(
      'POLICY_NO_SUCH_SECTION',
      `\`${change.name}\` has no section \`${missing}\``,
      { help: present.length === 0 ? 'it has none at all' : `it has ${present.join(', ')}` },
    );
  const wanted = change.sections.length > 0 ? change.sections : present;
  const differs = wanted.filter((section) => before.policy[section]?.mode !== change.mode);
  if (differs.length === 0) return undefined;
  const set: Modes = Object.fromEntries(differs.map((section) => [section, change.mode]));
  const stored: StoredPolicy = {
    ...before,
    revision: before.revision + 1,
    changedAtMs: circumstances.nowMs,
    modes: { ...before.modes, ...set },
    policy: withModes(before.policy, set),
  };
  const action = promotion === undefined ? 'mode' : 'promote';
  return planned(register, [{ stored, text }], [], circumstances, action, promotion?.evidence);
}

/** @throws PolicyChangeError POLICY_UNKNOWN */
export function planDelete(
  register: PolicyRegister,
  names: readonly string[],
  circumstances: Circumstances,
): PlannedChange {
  const unique = [...new Set(names)];
  for (const name of unique) known(register, name);
  return planned(register, [], unique, circumstances, 'delete');
}

/** A decision that changes no policy, such as taking all enforcement away. */
export const planDetach = (register: PolicyRegister, circumstances: Circumstances): PlannedChange =>
  planned(register, [], [], circumstances, 'detach');

/** @throws PolicyChangeError POLICY_UNKNOWN */
export function known(register: PolicyRegister, name: string): StoredPolicy {
  const stored = find(register, name);
  if (stored !== undefined) return stored;
  const names = register.policies.map((policy) => policy.name);
  throw new PolicyChangeError('POLICY_UNKNOWN', `there is no policy \`${name}\``, {
    help: names.length === 0 ? 'none is applied' : `there are ${names.join(', ')}`,
  });
}

const find = ({ policies }: PolicyRegister, name: string): StoredPolicy | undefined =>
  policies.find((stored) => stored.name === name);

function planned(
  register: PolicyRegister,
  put: readonly Put[],
  remove: readonly string[],
  { who, by, nowMs }: Circumstances,
  action: DecisionAction,
  evidence?: unknown,
): PlannedChange {
  const state = (stored: StoredPolicy | undefined) => (stored === undefined ? null : stateOf(stored));
  const changes: readonly PolicyChange[] = [
    ...put.map(({ stored }) => ({
      name: stored.name,
      before: state(find(register, stored.name)),
      after: state(stored),
    })),
    ...remove.map((name) => ({ name, before: state(find(register, name)), after: null })),
  ];
  const touched = new Set(changes.map(({ name }) => name));
  const kept = register.policies.filter(({ name }) => !touched.has(name));
  return {
    put,
    remove,
    decision: {
      id: randomUUID(),
      time: new Date(nowMs).toISOString(),
      action,
      who,
      by,
      changes,
      ...(evidence === undefined ? {} : { evidence }),
    },
    result: [...kept, ...put.map(({ stored }) => stored)].map(({ policy }) => policy),
  };
}
