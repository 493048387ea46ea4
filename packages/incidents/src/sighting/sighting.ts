import { stagesOf } from '@runward/core';
import type { Detection, ProcessSummary } from '@runward/detect';
import { workloadName } from '@runward/flows/endpoint';
import type { ObservedAction } from '@runward/policy/observe';
import type { InvolvedContainer, InvolvedProcess, TimelineEntry } from '../incident/incident.js';
import { bounded, INCIDENT_LIMITS as LIMITS } from '../incident/limits.js';

/** A detection as incidents see it: what is kept of it, in bounds. */
export interface Sighting {
  readonly entry: TimelineEntry;
  readonly hostname: string;
  readonly container: Omit<InvolvedContainer, 'firstMs' | 'lastMs' | 'count'>;
  /** The process that acted, then those above it; empty for flows. */
  readonly chain: readonly Omit<InvolvedProcess, 'rules'>[];
  readonly actions: readonly ObservedAction[];
  /** How many detections it stands for. */
  readonly weight: number;
}

const NO_LABELS: ReadonlyMap<string, string> = new Map();

/** undefined for what stands for nothing new: a summary of a group of one. */
export function sightingOf(detection: Detection): Sighting | undefined {
  const weight = weightOf(detection);
  if (weight <= 0) return undefined;
  const { rule, priority, source, tags, policy, container: where } = detection;
  const timeMs = Date.parse(detection.time);
  const lastMs = Math.max(timeMs, Date.parse(detection.lastTime ?? detection.time));
  const container = containerOf(detection);
  const chain = chainOf(detection, where?.id ?? '');
  const { process, ancestors } = detection;
  return {
    entry: {
      ...{ time: detection.lastTime ?? detection.time, timeMs, lastMs, count: weight },
      ...{ rule: bounded(rule, LIMITS.nameCharacters), priority, source },
      ...{ output: bounded(detection.output, LIMITS.outputCharacters), ...stagesOf(tags, policy?.section) },
      ...{ container: container.id, process: chain[0]?.key ?? '' },
      ...{ processName: name(process.name), exe: path(process.exe), user: name(process.user) },
      ...{ parentName: name(ancestors[0]?.name ?? ''), event: detection.event.type },
      ...{ fields: fieldsOf(detection), ...(policy === undefined ? {} : { policy }) },
    },
    ...{ hostname: detection.hostname, container, chain, weight },
    actions: detection.actions ?? [],
  };
}

/** The first of a group was told by itself; of what the rate limit held back nothing was. */
function weightOf({ count, limited }: Detection): number {
  if (count === undefined) return 1;
  return limited === true ? count : count - 1;
}

const name = (text: string): string => bounded(text, LIMITS.nameCharacters);
const path = (text: string): string => bounded(text, LIMITS.outputCharacters);

function containerOf({ container, hostname }: Detection): Sighting['container'] {
  if (container === null) {
    const none = { id: '', name: 'host', runtime: '', image: '', imageDigest: '', pod: '', namespace: '' };
    return { ...none, workload: `host:${name(hostname)}` };
  }
  const { id, runtime, image, imageDigest, pod, namespace } = container;
  const own = name(container.name || id);
  const inPod = pod === '' ? undefined : { name: pod, namespace, labels: NO_LABELS };
  return {
    ...{ id: name(id), name: own, runtime, image: name(image), imageDigest, pod: name(pod) },
    ...{ namespace: name(namespace), workload: name(workloadName(own, inPod)) },
  };
}

function chainOf({ process, ancestors }: Detection, container: string): Sighting['chain'] {
  if (process.pid === 0) return [];
  return [process, ...ancestors].map((each, depth, all) => {
    const above = all[depth + 1];
    return {
      ...{
        key: keyOf(each),
        parent: above === undefined ? '' : keyOf(above),
        pid: each.pid,
        vpid: each.vpid,
      },
      ...{ name: name(each.name), exe: path(each.exe), uid: each.uid, user: name(each.user) },
      command: bounded(each.args.join(' '), LIMITS.argumentCharacters),
      container: depth === 0 ? container : '',
    };
  });
}

const keyOf = ({ pid, exe, name: comm }: ProcessSummary): string => `${pid}:${path(exe || comm)}`;

function fieldsOf({ output_fields: fields }: Detection): Readonly<Record<string, string>> {
  const kept = Object.entries(fields)
    .slice(0, LIMITS.fields)
    .flatMap(([field, value]) => (value === null ? [] : [[name(field), textOf(value)] as const]));
  return Object.fromEntries(kept);
}

function textOf(value: unknown): string {
  const text = Array.isArray(value) ? value.slice(0, LIMITS.fieldValues).join(',') : String(value);
  return bounded(text, LIMITS.fieldCharacters);
}
