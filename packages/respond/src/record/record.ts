import type { ChangedLimit } from '../effects/throttle.js';
import type { KubernetesUndo } from '../kubernetes/undo.js';
import type { ActionName, Order } from './order.js';

/** Who wants it: a person through the control socket, or a playbook because of a detection. */
export type Asker =
  | { readonly kind: 'person'; readonly who: unknown }
  | {
      readonly kind: 'playbook';
      readonly playbook: string;
      readonly rule: string;
      readonly detectedAt: string;
      /** Who approved, where the playbook asks for it. */
      readonly approvedBy?: unknown;
    };

/** What takes an effect back; noted before the effect is there, so that no crash comes in between. */
export type UndoStep =
  | { readonly step: 'thaw' }
  | { readonly step: 'release' }
  | { readonly step: 'kubernetes'; readonly undo: KubernetesUndo }
  | { readonly step: 'limits'; readonly changes: readonly ChangedLimit[] }
  | { readonly step: 'restarts'; readonly socket: string; readonly policy: RestartPolicy };

/** As Docker's API has it. */
export interface RestartPolicy {
  readonly Name: string;
  readonly MaximumRetryCount?: number;
}

export interface ResponseTarget {
  readonly id: string;
  readonly name: string;
  readonly runtime: string;
  readonly pod: string;
}

/**
 * done: the effect is there; already: it was there before; failed: see `error`; interrupted: the agent ended in the
 * middle, and what it had begun was taken back or can be.
 */
export type ResponseResult = 'under-way' | 'done' | 'already' | 'failed' | 'interrupted';

/** One response, from the order to its end. */
export interface ResponseRecord {
  readonly id: string;
  readonly action: ActionName;
  readonly order: Order;
  readonly target: ResponseTarget;
  readonly by: Asker;
  readonly why: string;
  /** RFC 3339, UTC. */
  readonly beganAt: string;
  readonly endedAt?: string;
  readonly tookMs?: number;
  readonly result: ResponseResult;
  /** What was done, in numbers. */
  readonly facts?: unknown;
  /** What was not possible beside it. */
  readonly notes: readonly string[];
  readonly error?: { readonly code: string; readonly message: string; readonly help: string };
  /** In the order of the effects; empty: there is nothing to take back. */
  readonly undo: readonly UndoStep[];
  readonly undone?: {
    readonly at: string;
    /** undefined: nobody had to; the container ended. */
    readonly by?: Asker;
    readonly why: string;
    readonly notes: readonly string[];
  };
  /** A later response to the same container has taken over what this one would undo. */
  readonly replacedBy?: string;
}

/** Whether it holds now. */
export const isInForce = ({ undo, undone, replacedBy, result }: ResponseRecord): boolean =>
  undo.length > 0 && undone === undefined && replacedBy === undefined && result !== 'under-way';
