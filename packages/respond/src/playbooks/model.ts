import type { Selector } from '@runward/policy/model';
import type { Order } from '../record/order.js';

/** From the most urgent on, as rules write them. */
export const PRIORITIES = [
  'Emergency',
  'Alert',
  'Critical',
  'Error',
  'Warning',
  'Notice',
  'Informational',
  'Debug',
] as const;
export type FindingPriority = (typeof PRIORITIES)[number];

export const SOURCES = ['syscall', 'policy', 'flow'] as const;
export const SCOPES = ['container', 'workload', 'node'] as const;
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** What a playbook does; of `kill-process` the process comes with the detection. */
export type PlannedOrder = Exclude<Order, { action: 'kill-process' }> | { readonly action: 'kill-process' };

export interface PlaybookMatch {
  /** Patterns over names of rules; empty: any. */
  readonly rules: readonly string[];
  /** Any of them; empty: any. */
  readonly tags: readonly string[];
  /** At least so urgent. */
  readonly minPriority: FindingPriority | undefined;
  readonly sources: readonly string[];
  readonly selector: Selector;
  readonly count: Count | undefined;
}

export interface Count {
  readonly atLeast: number;
  readonly withinMs: number;
  readonly per: (typeof SCOPES)[number];
}

export interface Hours {
  readonly days: readonly (typeof DAYS)[number][];
  /** Minutes of the day; `from` after `to` goes over midnight. */
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly zone: 'utc' | 'local';
}

export interface Guards {
  /** Containers that are never touched. */
  readonly never: readonly Selector[];
  /** So many others of the workload have to go on, of those on this node. */
  readonly minHealthyReplicas: number | undefined;
  readonly maxContainersPerHour: number;
  readonly hours: Hours | undefined;
  /** Somebody has to say yes within this time. */
  readonly approvalMs: number | undefined;
}

export interface Breaker {
  /** So many workloads within so long, and the rule is not responded to any more. */
  readonly workloads: number;
  readonly withinMs: number;
  /** How long; each further hit begins it anew. */
  readonly restMs: number;
}

export interface Playbook {
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly mode: 'dry-run' | 'act';
  readonly match: PlaybookMatch;
  readonly guards: Guards;
  /** After an answer to a container, how long the playbook leaves it alone. */
  readonly cooldownMs: number;
  readonly breaker: Breaker;
  readonly actions: readonly PlannedOrder[];
  readonly span: { readonly file: string; readonly line: number };
}

/**
 * Whether a playbook is judged where detections are made: it begins by ending the process, and asks nothing the sensor's
 * thread does not know.
 */
export const isQuick = ({ mode, actions, match, guards }: Playbook): boolean =>
  mode === 'act' &&
  actions[0]?.action === 'kill-process' &&
  match.sources.length === 1 &&
  match.sources[0] === 'syscall' &&
  guards.minHealthyReplicas === undefined &&
  guards.approvalMs === undefined;

export const PLAYBOOK_DEFAULTS = {
  maxContainersPerHour: 10,
  cooldownMs: 300_000,
  breaker: { workloads: 5, withinMs: 60_000, restMs: 3_600_000 },
} as const;
