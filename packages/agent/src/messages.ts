import type { CorrelationStats, Detection, EventRecord, NoiseOptions, NoiseStats } from '@runward/detect';
import type { RawBlock, RecorderStats, RecordingHeader } from '@runward/evidence';
import type { Playbook } from '@runward/respond/playbooks';
import type { RuleDiagnostic, SourceFile } from '@runward/rules';
import type { AccountData } from '@runward/runtimes';
import type { ProgramState, SensorStats } from '@runward/sensor';
import type { Identity, IdentityRequest } from '@runward/tracker';
import type { InterestReport } from './interest-report.js';
import type { LearnOrders, LearnReport } from './learning/order.js';
import type { QuickVerdict } from './respond/quick-response.js';
import type { ContainerReport } from './snapshot.js';
import type { VerdictRecord } from './verdict-desk.js';

/** What the worker is started with. */
export interface WorkerSetup {
  readonly mode: WorkerMode;
  readonly host: boolean;
  readonly objectPath: string;
  readonly ringSize: number;
  readonly selfPid: number;
  /** What programs that prove detection are known by; not to be guessed. */
  readonly canaryToken: string;
  readonly hostname: string;
  readonly identityTimeoutMs: number;
  /** Report what the kernel was asked to send, and why. */
  readonly explain: boolean;
  /** Ask for less of processes that no rule can match. */
  readonly narrow: boolean;
  /**
   * Three words: items posted and not yet taken by the main thread; 1 once the agent is to stop; 1 while messages
   * wait for the sensor thread.
   */
  readonly inFlight: SharedArrayBuffer;
  readonly recording: RecordingSetup | undefined;
}

/** What the sensor's thread needs to know of a recording. */
export interface RecordingSetup {
  readonly recordingId: string;
  /** Name and version of the program. */
  readonly producer: string;
}

export type WorkerMode =
  | {
      readonly kind: 'rules';
      readonly files: readonly SourceFile[];
      readonly allMatches: boolean;
      /** By default every detection is passed on. */
      readonly noise?: NoiseOptions;
    }
  | { readonly kind: 'events'; readonly filter: string }
  /** Only records; what `rules` need when they are given, else what `filter` speaks of. */
  | { readonly kind: 'record'; readonly filter: string; readonly files: readonly SourceFile[] | undefined }
  | { readonly kind: 'snapshot' };

export type ToWorker =
  | { readonly kind: 'identified'; readonly cgroup: number; readonly identity: Identity }
  | { readonly kind: 'accounted'; readonly cgroup: number; readonly accounts: AccountData }
  | { readonly kind: 'host-accounts'; readonly accounts: AccountData }
  | { readonly kind: 'reload'; readonly files: readonly SourceFile[] }
  | { readonly kind: 'snapshot' }
  /** What a block lay in, to be used again. */
  | { readonly kind: 'block-returned'; readonly buffer: ArrayBuffer }
  | { readonly kind: 'begin-segment' }
  /** What the kernel decided by policies, to be told as detections. */
  | { readonly kind: 'verdicts'; readonly items: readonly VerdictRecord[] }
  /** What is to be learnt from now on, and nothing else. */
  | { readonly kind: 'learn'; readonly orders: LearnOrders }
  /** All profiles as they are, by one `learnt` with `asked`. */
  | { readonly kind: 'tell-learnt' }
  /** What the sensor has done so far, and what it knows of a process; by `told`. */
  | { readonly kind: 'tell'; readonly pid: number | undefined }
  /** Playbooks that are judged where detections are made. */
  | { readonly kind: 'playbooks'; readonly playbooks: readonly Playbook[] }
  | { readonly kind: 'resume-rule'; readonly rule: string }
  | { readonly kind: 'stop' };

/** What the sensor's thread knows of a process. */
export interface ToldProcess {
  /** What it runs, as an event told; undefined: none did. */
  readonly program: string | undefined;
  /** The rule that proves detection fired for it. */
  readonly isCanary: boolean;
}

/** Records lost, per event type and CPU, since the sensor started. */
export interface Loss {
  readonly type: string;
  readonly cpu: number;
  readonly count: number;
}

export interface SensorReport extends SensorStats {
  readonly detections: number;
  /** What sequences and thresholds remember at the end, and had to give up. */
  readonly correlations: CorrelationStats;
  /** Of the detections those that are verdicts of policies. */
  readonly verdicts: number;
  /** Detections that were not passed on by themselves. */
  readonly noise: NoiseStats;
  readonly lost: readonly Loss[];
  /** User plus system time of the whole process, seconds. */
  readonly cpuSeconds: number;
  readonly rules: number;
  /** System calls among the events; the rest is process life, of the host too. */
  readonly calls: number;
  /** How often a process was judged, so that less is sent of it. */
  readonly narrowed: number;
  readonly recording: RecorderStats | undefined;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly help: string;
}

export type FromWorker =
  /** The thread runs; `wakeFd` is an eventfd to write to after each message for it. */
  | { readonly kind: 'begun'; readonly wakeFd: number }
  | {
      readonly kind: 'rules';
      readonly accepted: boolean;
      readonly diagnostics: readonly RuleDiagnostic[];
      /** Enabled ones with `source: flow`: the main thread judges by them. */
      readonly flowRules: number;
    }
  | {
      readonly kind: 'ready';
      readonly programs: readonly ProgramState[];
      readonly report: SensorReport;
      readonly interest: InterestReport | undefined;
      /** How many types of system calls the kernel was asked to send. */
      readonly eventTypes: number;
    }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'identify'; readonly request: IdentityRequest }
  /** The receiver closes `root`. */
  | { readonly kind: 'accounts'; readonly cgroup: number; readonly root: number }
  | { readonly kind: 'detections'; readonly items: readonly Detection[] }
  | { readonly kind: 'events'; readonly items: readonly EventRecord[] }
  /** What the blocks that follow are of. */
  | { readonly kind: 'recording'; readonly header: RecordingHeader }
  /** To be written; the buffer is given back. */
  | { readonly kind: 'block'; readonly block: RawBlock }
  | { readonly kind: 'quick'; readonly verdict: QuickVerdict }
  | { readonly kind: 'loss'; readonly lost: readonly Loss[] }
  | { readonly kind: 'containers'; readonly items: readonly ContainerReport[] }
  /** A container's group is gone; the last of its events were handed on. */
  | { readonly kind: 'container-ended'; readonly id: string }
  | { readonly kind: 'learnt'; readonly report: LearnReport; readonly asked: boolean }
  | { readonly kind: 'told'; readonly report: SensorReport; readonly process: ToldProcess }
  | { readonly kind: 'stopped'; readonly report: SensorReport };
