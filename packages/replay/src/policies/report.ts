import type { SectionName } from '@runward/policy';
import type { Tallied, Workload } from '../backtest/report.js';

/** A line that denies, by what it is about and where it is written. */
export interface DenyingLine {
  readonly policy: string;
  readonly section: SectionName;
  /** What it is called, such as `file deny /etc/x`. */
  readonly label: string;
  /** What it says, in plain words. */
  readonly words: string;
  readonly comment: string;
  readonly file: string;
  readonly line: number;
}

export interface DeniedWorkload {
  readonly workload: Workload;
  readonly denied: Tallied;
  /** Of these: denied only if the file was (or was not) the acting user's, which the event does not tell. */
  readonly uncertain: number;
}

/** What one line would have denied. */
export interface LineDenials extends DenyingLine {
  readonly workloads: readonly DeniedWorkload[];
}

/** What recordings do not tell of a section. */
export interface Unobservable {
  readonly section: SectionName;
  readonly notes: readonly string[];
}

/** What a backtest of policies found in one file. */
export interface PolicyBacktestReport {
  /** Actions of selected containers that a section under test decides about. */
  readonly actions: number;
  readonly denied: number;
  /** Answers that had been worked out before. */
  readonly cached: number;
  /** Full ids of the containers with events, and of those a policy under test selects. */
  readonly containers: readonly string[];
  readonly selected: readonly string[];
  readonly lines: readonly LineDenials[];
  readonly unobservable: readonly Unobservable[];
}
