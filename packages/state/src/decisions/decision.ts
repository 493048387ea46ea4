import type { Mode, ModedName } from '@runward/policy';

/** Who decided, as far as the machine knows. */
export interface Who {
  readonly uid: number;
  /** '' when the machine has no name for it. */
  readonly user: string;
  /** Whom the session belongs to (the kernel's login uid), before any sudo or su; undefined when it has none. */
  readonly loginUser?: string;
  /** Who called sudo, as sudo says. */
  readonly sudoUser?: string;
  /** `pts/3`; undefined without a terminal. */
  readonly terminal?: string;
  /** The program that asked. */
  readonly program: string;
}

/** One version of a policy, as decisions name it. */
export interface PolicyState {
  readonly revision: number;
  /** `sha256:` of the text. */
  readonly digest: string;
  /** What each section that is there is in. */
  readonly modes: Readonly<Partial<Record<ModedName, Mode>>>;
}

export interface PolicyChange {
  readonly name: string;
  /** null: there was none. */
  readonly before: PolicyState | null;
  /** null: there is none now. */
  readonly after: PolicyState | null;
}

/** isolate and release change no policy: `isolation` says whom they were about. adopt: a file in the folder was changed by hand and taken over. */
export type DecisionAction =
  | 'apply'
  | 'mode'
  | 'promote'
  | 'delete'
  | 'adopt'
  | 'detach'
  | 'isolate'
  | 'release';

/** One line of `decisions.jsonl`: who changed what, when and on what grounds. */
export interface Decision {
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly action: DecisionAction;
  readonly who: Who;
  /** agent: a running agent made the change; command: no agent was running. */
  readonly by: 'agent' | 'command';
  readonly changes: readonly PolicyChange[];
  /** What it was decided on: the backtest shown before a promotion. */
  readonly evidence?: unknown;
  readonly isolation?: unknown;
}
