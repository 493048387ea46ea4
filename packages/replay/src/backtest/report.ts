import type { Priority } from '@runward/rules';

/** Where detections happened: the container with its image and pod, or the host (all empty). */
export interface Workload {
  readonly image: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** Detections of one kind, without the detections. Times are RFC 3339. */
export interface Tallied {
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** Output of the first and the last one, cut at {@link MAX_OUTPUT_CHARS}. */
  readonly firstOutput: string;
  readonly lastOutput: string;
  /** The first few outputs that differ. */
  readonly examples: readonly string[];
}

/** How an event was judged by the two rule sets; without a second one all is `added`. */
export type Verdict = 'added' | 'gone' | 'both';

export interface WorkloadReport {
  readonly workload: Workload;
  /** Fires with the new rules, not with the old. */
  readonly added: Tallied | undefined;
  /** Fires with the old rules, no longer with the new. */
  readonly gone: Tallied | undefined;
  readonly both: Tallied | undefined;
}

export interface RuleReport {
  readonly rule: string;
  readonly priority: Priority;
  readonly workloads: readonly WorkloadReport[];
}

/** A rule of which the history cannot tell whether it would have fired. */
export interface Unjudged {
  readonly rule: string;
  /** `none`: it could not fire at all; `part`: what it asks for is there in part. */
  readonly extent: 'none' | 'part';
  readonly reason: string;
}

/** What a backtest found in one file. */
export interface BacktestReport {
  /** Detections with the new rules. */
  readonly detections: number;
  readonly rules: readonly RuleReport[];
  readonly unjudged: readonly Unjudged[];
}

export const MAX_OUTPUT_CHARS = 2000;
export const MAX_EXAMPLES = 3;
/** Workloads told apart per rule; all further ones count as {@link OTHER_WORKLOADS}. */
export const MAX_WORKLOADS = 1000;
export const OTHER_WORKLOADS: Workload = {
  image: '',
  namespace: '',
  pod: '',
  container: '(other workloads)',
};

export const VERDICTS = ['added', 'gone', 'both'] as const;
