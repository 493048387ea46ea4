import type { ContainerInfo, EventView, FieldValue, FlowView, ProcessInfo } from '@runward/events';
import { EventFlag } from '@runward/events';
import type { ObservedAction } from '@runward/policy/observe';
import type { CompiledRule, Formatted, Priority } from '@runward/rules';
import type { CorrelationMatch } from './correlate/match.js';
import type { PolicyFinding } from './policy-verdict.js';
import { type StepSummary, summarizeStep } from './step-summary.js';
import { formatTime } from './time-text.js';

/** A process as a detection shows it. */
export interface ProcessSummary {
  readonly pid: number;
  /** Pid in the process's own namespace. */
  readonly vpid: number;
  readonly name: string;
  readonly exe: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly uid: number;
  readonly user: string;
}

export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly runtime: string;
  readonly image: string;
  readonly imageDigest: string;
  readonly privileged: boolean | null;
  readonly pod: string;
  readonly namespace: string;
  /** '' or why the metadata is incomplete. */
  readonly problem: string;
}

/** One rule that matched one event. Plain data: it crosses threads and is written as JSON. */
export interface Detection {
  /** RFC 3339 with nanoseconds, UTC. */
  readonly time: string;
  readonly rule: string;
  readonly priority: Priority;
  readonly source: string;
  readonly hostname: string;
  readonly output: string;
  readonly tags: readonly string[];
  readonly output_fields: Readonly<Record<string, FieldValue | null>>;
  readonly container: ContainerSummary | null;
  readonly process: ProcessSummary;
  /** Nearest parent first. */
  readonly ancestors: readonly ProcessSummary[];
  readonly event: {
    readonly type: string;
    readonly number: number;
    readonly cpu: number;
    /** Path or address comes from caller memory rather than from a kernel object. */
    readonly callerMemory: boolean;
    readonly truncated: boolean;
    readonly compat32: boolean;
    readonly ioUring: boolean;
  };
  /** Of a summary only: how many detections it stands for, the first of a group included. */
  readonly count?: number;
  /** RFC 3339 times of the first and the last of them. */
  readonly firstTime?: string;
  readonly lastTime?: string;
  /** The summary is of what the rate limit held back: none of them was passed on. */
  readonly limited?: true;
  /** Of a sequence or threshold only: what was found besides the event that made it complete. */
  readonly correlation?: CorrelationSummary;
  /** Of a verdict only: which line of which policy spoke. `source` is then `policy`. */
  readonly policy?: PolicyFinding;
  /** What the event was, in the terms of policies; where whoever judged it was asked for that. */
  readonly actions?: readonly ObservedAction[];
  /** Id of the incident it belongs to, where incidents are kept. */
  readonly incident?: string;
}

export interface CorrelationSummary {
  readonly kind: 'sequence' | 'threshold';
  /** What the events have in common, as the rule file names it, and its values. */
  readonly by: string;
  readonly key: readonly string[];
  readonly withinMs: number;
  /** RFC 3339 time of the first event that counted. */
  readonly firstTime: string;
  /** Events or distinct values within the window; of a sequence its steps. */
  readonly count: number;
  /** Events since the previous detection of the same group. */
  readonly total: number;
  /** Distinct values, at most 20. */
  readonly values: readonly string[];
  /** The steps of a sequence, the last included. */
  readonly steps: readonly StepSummary[];
}

const SHOWN_ANCESTORS = 16;

export function summarizeProcess(process: ProcessInfo, user: string): ProcessSummary {
  return {
    pid: process.pid,
    vpid: process.vpid,
    name: process.comm,
    exe: process.executable.path,
    args: process.args,
    cwd: process.cwd,
    uid: process.uid,
    user,
  };
}

export const summarizeContainer = (container: ContainerInfo): ContainerSummary => ({
  id: container.id,
  name: container.name,
  runtime: container.runtime,
  image: container.image,
  imageDigest: container.imageDigest,
  privileged: container.privileged ?? null,
  pod: container.pod?.name ?? '',
  namespace: container.pod?.namespace ?? '',
  problem: container.metadataProblem,
});

/**
 * Parents of a container's process, those outside it included, but without the arguments of the latter: what
 * runs on the host may be told secrets on its command line, and detections travel far.
 */
export function summarizeAncestors(process: ProcessInfo, inContainer: boolean): ProcessSummary[] {
  const ancestors: ProcessSummary[] = [];
  for (let at = process.parent; at !== undefined && ancestors.length < SHOWN_ANCESTORS; at = at.parent) {
    const summary = summarizeProcess(at, '');
    ancestors.push(inContainer && at.cgroupId !== process.cgroupId ? { ...summary, args: [] } : summary);
  }
  return ancestors;
}

/** Everything a reader needs, copied out of the view. */
export const describeDetection = <V extends EventView>(
  { rule, format }: CompiledRule<V>,
  view: V,
): Detection => describe(rule, format(view), view);

/** Flows belong to a container, not to one of its processes. */
export const NOBODY: ProcessSummary = {
  ...{ pid: 0, vpid: 0, name: '', exe: '', args: [], cwd: '', uid: 0, user: '' },
};

/** A rule with `source: flow` that came to hold of a flow. */
export function describeFlow({ rule, format }: CompiledRule<FlowView>, view: FlowView): Detection {
  const { output, fields } = format(view);
  return {
    ...{ time: formatTime(view.timeNs), rule: rule.name, priority: rule.priority, source: rule.source },
    ...{ hostname: view.hostname, output, tags: rule.tags, output_fields: fields },
    container: view.container === undefined ? null : summarizeContainer(view.container),
    ...{ process: NOBODY, ancestors: [] },
    event: {
      ...{ type: 'flow', number: 0, cpu: 0 },
      ...{ callerMemory: false, truncated: false, compat32: false, ioUring: false },
    },
  };
}

/** The same for a sequence that this event completes or a threshold that it reaches. */
export function describeCorrelation(match: CorrelationMatch<StepSummary>, view: EventView): Detection {
  const { correlation, output, fields, found } = match;
  const links = found.links.map((link) => link.witness);
  return {
    ...describe(correlation, { output, fields }, view),
    correlation: {
      ...{ kind: correlation.kind, by: correlation.grouping.text, key: found.key },
      withinMs: correlation.withinNs / 1e6,
      firstTime: formatTime(found.firstNs),
      ...{ count: found.count, total: found.total, values: found.values },
      steps:
        correlation.kind === 'sequence'
          ? [...links, summarizeStep(view)].map((step, i) => ({
              ...step,
              step: correlation.steps[i]?.name ?? '',
            }))
          : [],
    },
  };
}

interface Head {
  readonly name: string;
  readonly priority: Priority;
  readonly source: string;
  readonly tags: readonly string[];
}

function describe({ name, priority, source, tags }: Head, formatted: Formatted, view: EventView): Detection {
  const has = (flag: number): boolean => (view.flags & flag) !== 0;
  return {
    time: formatTime(view.timeNs),
    rule: name,
    priority,
    source,
    hostname: view.hostname,
    output: formatted.output,
    tags,
    output_fields: formatted.fields,
    container: view.container === undefined ? null : summarizeContainer(view.container),
    process: summarizeProcess(view.process, view.accounts.userName(view.process.uid) ?? ''),
    ancestors: summarizeAncestors(view.process, view.container !== undefined),
    event: {
      type: view.typeName,
      number: view.number,
      cpu: view.cpu,
      callerMemory: has(EventFlag.callerMemory),
      truncated: has(EventFlag.truncated),
      compat32: has(EventFlag.compat32),
      ioUring: has(EventFlag.ioUring),
    },
  };
}
