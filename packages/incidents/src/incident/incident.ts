import type { Tactic } from '@runward/core';
import type { PolicyFinding } from '@runward/detect';
import type { ObservedAction } from '@runward/policy/observe';
import type { Priority } from '@runward/rules';

export const STATES = ['open', 'investigating', 'contained', 'resolved', 'false-positive'] as const;
export type State = (typeof STATES)[number];
/** Nobody works on it any more. */
export const isClosed = (state: State): boolean => state === 'resolved' || state === 'false-positive';

export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A container, or the host (id ''), as an incident keeps it. */
export interface InvolvedContainer {
  readonly id: string;
  readonly name: string;
  readonly runtime: string;
  readonly image: string;
  readonly imageDigest: string;
  readonly pod: string;
  readonly namespace: string;
  readonly workload: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly count: number;
}

/** What was within reach in a container when the incident came to it. Names, never what they hold. */
export interface ExposedContainer {
  /** Full id. */
  readonly container: string;
  readonly atMs: number;
  readonly environment: readonly string[];
  readonly files: readonly string[];
  readonly serviceAccounts: readonly string[];
  readonly leftOut: number;
  /** Why it is not known; ''. */
  readonly problem: string;
}

/** A program that ran, by its process; a process that starts another program is two of them. */
export interface InvolvedProcess {
  /** `PID:EXECUTABLE` */
  readonly key: string;
  /** Key of the process above it, where it is known; ''. */
  readonly parent: string;
  readonly pid: number;
  readonly vpid: number;
  readonly name: string;
  readonly exe: string;
  /** Joined by one blank. */
  readonly command: string;
  readonly uid: number;
  readonly user: string;
  /** Full id; '' for the host, and for a process above that is only known as an ancestor. */
  readonly container: string;
  /** Rules it matched itself; empty for ancestors. */
  readonly rules: readonly string[];
}

/** One detection, or several that are the same, on the time line. */
export interface TimelineEntry {
  /** RFC 3339. */
  readonly time: string;
  readonly timeMs: number;
  /** Of the last one that is the same. */
  readonly lastMs: number;
  readonly count: number;
  readonly rule: string;
  readonly priority: Priority;
  /** `syscall`, `policy`, `flow`. */
  readonly source: string;
  readonly output: string;
  readonly tactics: readonly Tactic[];
  readonly techniques: readonly string[];
  /** Full id; '' for the host. */
  readonly container: string;
  /** Key of {@link InvolvedProcess}; '' for flows. */
  readonly process: string;
  readonly processName: string;
  readonly exe: string;
  readonly user: string;
  readonly parentName: string;
  readonly event: string;
  /** `output_fields` as text. */
  readonly fields: Readonly<Record<string, string>>;
  readonly policy?: PolicyFinding;
}

export interface RuleCount {
  readonly rule: string;
  readonly source: string;
  readonly priority: Priority;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface Stage {
  readonly tactic: Tactic;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly count: number;
}

export interface Note {
  readonly atMs: number;
  readonly who: string;
  readonly text: string;
}

/** Why an incident is in another state, or somebody else's, than before. */
export interface Change {
  readonly atMs: number;
  /** `runward` where nobody asked. */
  readonly who: string;
  readonly what: 'opened' | 'state' | 'assigned' | 'severity' | 'stage' | 'response';
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

/** What was left out because of a limit. */
export interface LeftOut {
  readonly timeline: Readonly<Record<string, number>>;
  readonly rules: number;
  readonly containers: number;
  readonly processes: number;
  readonly techniques: number;
  readonly actions: number;
  readonly notes: number;
  readonly changes: number;
}

/** What belongs together. Plain data: it is stored and sent as JSON. */
export interface Incident {
  readonly format: 1;
  readonly id: string;
  readonly state: State;
  readonly severity: Severity;
  /** 0 to 100. */
  readonly score: number;
  readonly title: string;
  readonly hostname: string;
  /** The first one first. */
  readonly workloads: readonly string[];
  readonly assignee: string;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Wall clock of the last change of state; the first detection's time at first. */
  readonly stateMs: number;
  /** Detections. */
  readonly count: number;
  /** Of these: after it was called a false positive. */
  readonly absorbed: number;
  /** In the order they were seen. */
  readonly stages: readonly Stage[];
  readonly techniques: readonly string[];
  readonly rules: readonly RuleCount[];
  readonly containers: readonly InvolvedContainer[];
  /** One for each container, at most; those of incidents that were stored before there was such a list have none. */
  readonly exposed: readonly ExposedContainer[];
  readonly processes: readonly InvolvedProcess[];
  readonly timeline: {
    readonly first: readonly TimelineEntry[];
    readonly milestones: readonly TimelineEntry[];
    readonly last: readonly TimelineEntry[];
  };
  /** What was done, in the terms of policies; different ones only. */
  readonly actions: readonly ObservedAction[];
  readonly notes: readonly Note[];
  readonly changes: readonly Change[];
  readonly leftOut: LeftOut;
}

/** In the order of time. */
export const entriesOf = ({ timeline }: Incident): readonly TimelineEntry[] =>
  [...timeline.first, ...timeline.milestones, ...timeline.last].toSorted((a, b) => a.timeMs - b.timeMs);

/** An incident at work: the same, to be changed by this room alone. */
export type Draft = Mutable<Incident>;

type Mutable<T> = T extends readonly (infer Item)[]
  ? Mutable<Item>[]
  : T extends ObservedAction | PolicyFinding
    ? T
    : T extends object
      ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
      : T;
