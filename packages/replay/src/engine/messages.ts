import type { Detection, EventRecord, NoiseOptions, NoiseStats } from '@runward/detect';
import type { PlainPolicy } from '@runward/policy';
import type { SourceFile } from '@runward/rules';
import type { BacktestReport } from '../backtest/report.js';
import type { ReplayProgress, ReplayStats } from '../event-source.js';
import type { PolicyBacktestReport } from '../policies/report.js';

/** What is done with the events of a file. */
export type ReplayMode =
  | {
      readonly kind: 'rules';
      readonly files: readonly SourceFile[];
      readonly allMatches: boolean;
      /** Gathered and limited by the times of the events, as live. */
      readonly noise: NoiseOptions;
    }
  /** Shows the events that pass the filter; all when it is empty. */
  | { readonly kind: 'events'; readonly filter: string }
  | {
      readonly kind: 'backtest';
      readonly files: readonly SourceFile[];
      readonly against: readonly SourceFile[] | undefined;
    }
  /** What policies would deny; as plain values, since they go to another thread. */
  | {
      readonly kind: 'policies';
      readonly policies: readonly PlainPolicy[];
      /** As they are now: what is denied by these already is not told. */
      readonly against: readonly PlainPolicy[] | undefined;
      /** Names of those that are tried. */
      readonly tried: readonly string[];
      readonly everywhere: boolean;
    };

export interface ReplayTask {
  readonly path: string;
  readonly mode: ReplayMode;
  /** Also judge events outside of containers. */
  readonly host: boolean;
}

/** How one file went. */
export interface FileResult extends ReplayStats {
  readonly path: string;
  /** Detections made, before any filter of the output. */
  readonly detections: number;
  /** Of these, how many were counted in another instead of being passed on. */
  readonly noise: NoiseStats;
  /** In words, why events may be missing that the file could carry. */
  readonly limits: readonly string[];
  /** User and system time of the thread that read and judged the file, rules compiled before not counted. */
  readonly cpuSeconds: number;
  readonly seconds: number;
  /** Only in the mode `backtest`. */
  readonly report: BacktestReport | undefined;
  /** Only in the mode `policies`. */
  readonly policyReport: PolicyBacktestReport | undefined;
}

export interface WorkerSetup {
  readonly task: ReplayTask;
  /** Two words: items posted and not yet taken; 1 once the replay is to end. */
  readonly control: SharedArrayBuffer;
}

export type FromReplayWorker =
  | { readonly kind: 'detections'; readonly items: readonly Detection[] }
  | { readonly kind: 'events'; readonly items: readonly EventRecord[] }
  | { readonly kind: 'progress'; readonly progress: ReplayProgress }
  | { readonly kind: 'done'; readonly result: FileResult }
  | {
      readonly kind: 'failed';
      readonly failure: { readonly code: string; readonly message: string; readonly help: string };
    };
