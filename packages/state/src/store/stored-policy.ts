import { MODED, type Mode, type ModedName, type RuntimePolicy } from '@runward/policy';
import type { PolicyState } from '../decisions/decision.js';

export type Modes = Readonly<Partial<Record<ModedName, Mode>>>;

/** A policy as the machine keeps it. */
export interface StoredPolicy {
  readonly name: string;
  /** Counts the changes of this name from 1, deletions and modes included. */
  readonly revision: number;
  /** `sha256:` and the hex digest of the text. */
  readonly digest: string;
  /** Milliseconds since the epoch. */
  readonly changedAtMs: number;
  /** The file it was applied from. */
  readonly source: string;
  /** Modes that were set by hand and override those of the text. */
  readonly modes: Modes;
  /** As it is in force: {@link modes} are in it. */
  readonly policy: RuntimePolicy;
}

/** Each section that is there, with the mode it is in. */
export function modesOf(policy: RuntimePolicy): Modes {
  const modes: Partial<Record<ModedName, Mode>> = {};
  for (const name of MODED) {
    const section = policy[name];
    if (section !== undefined) modes[name] = section.mode;
  }
  return modes;
}

/** The policy with some sections in another mode; sections it does not have are left out. */
export function withModes(policy: RuntimePolicy, modes: Modes): RuntimePolicy {
  const changed = MODED.flatMap((name) => {
    const [section, mode] = [policy[name], modes[name]];
    return section === undefined || mode === undefined ? [] : [[name, { ...section, mode }] as const];
  });
  return { ...policy, ...Object.fromEntries(changed) };
}

export const stateOf = ({ revision, digest, policy }: StoredPolicy): PolicyState => ({
  revision,
  digest,
  modes: modesOf(policy),
});
