import { tacticInfo } from '@runward/core';
import type { ObservedAction } from '@runward/policy/observe';
import type { Sighting } from '../sighting/sighting.js';
import { actionKey, indexOf } from './draft-index.js';
import type { Draft, TimelineEntry } from './incident.js';
import { INCIDENT_LIMITS as LIMITS } from './limits.js';
import { grow } from './severity.js';

/** What a detection added to an incident. */
export interface Growth {
  readonly newRule: boolean;
  readonly newContainer: boolean;
  /** Tactics not seen before. */
  readonly newStages: readonly string[];
  readonly severityBefore: string;
}

/** Adds what was seen, within bounds. */
export function absorb(draft: Draft, sighting: Sighting): Growth {
  const { entry, weight } = sighting;
  const severityBefore = draft.severity;
  draft.count += weight;
  draft.firstMs = Math.min(draft.firstMs, entry.timeMs);
  draft.lastMs = Math.max(draft.lastMs, entry.lastMs);
  const growth: Growth = {
    newRule: addRule(draft, entry, weight),
    newContainer: addContainer(draft, sighting),
    newStages: addStages(draft, entry, weight),
    severityBefore,
  };
  addProcesses(draft, sighting);
  for (const action of sighting.actions) addAction(draft, action);
  addEntry(draft, entry, growth.newRule);
  grow(draft);
  draft.title = titleOf(draft);
  return growth;
}

export function titleOf({ stages, workloads, rules, containers, leftOut }: Draft): string {
  const names = stages.map(({ tactic }) => tacticInfo(tactic)?.name ?? tactic);
  const what = names.length === 0 ? (rules[0]?.rule ?? '') : names.join(', ');
  const many = containers.length + leftOut.containers;
  return `${what} in ${workloads[0] ?? ''}${many > 1 ? ` (${many} containers)` : ''}`;
}

function addRule(
  draft: Draft,
  { rule, source, priority, timeMs, lastMs }: TimelineEntry,
  weight: number,
): boolean {
  const known = draft.rules.find((each) => each.rule === rule);
  if (known !== undefined) {
    known.count += weight;
    known.firstMs = Math.min(known.firstMs, timeMs);
    known.lastMs = Math.max(known.lastMs, lastMs);
    return false;
  }
  if (draft.rules.length >= LIMITS.rules) {
    draft.leftOut.rules += weight;
    return false;
  }
  draft.rules.push({ rule, source, priority, count: weight, firstMs: timeMs, lastMs });
  return true;
}

function addContainer(draft: Draft, { container, entry, weight }: Sighting): boolean {
  const { workload } = container;
  if (!draft.workloads.includes(workload) && draft.workloads.length < LIMITS.workloads)
    draft.workloads.push(workload);
  const known = draft.containers.find(({ id }) => id === container.id);
  if (known !== undefined) {
    // The runtime may have told who it is only after the first detections.
    if (knowledgeOf(container) > knowledgeOf(known)) Object.assign(known, container);
    known.count += weight;
    known.firstMs = Math.min(known.firstMs, entry.timeMs);
    known.lastMs = Math.max(known.lastMs, entry.lastMs);
    return false;
  }
  if (draft.containers.length >= LIMITS.containers) {
    draft.leftOut.containers += 1;
    return false;
  }
  draft.containers.push({ ...container, firstMs: entry.timeMs, lastMs: entry.lastMs, count: weight });
  return true;
}

/** How much is told of a container: a detection may come before its runtime answered, and flows know less. */
const knowledgeOf = ({ id, name, image, runtime }: Sighting['container']): number =>
  [name !== id, image !== '', runtime !== '' && runtime !== 'unknown'].filter(Boolean).length;

function addStages(
  draft: Draft,
  { tactics, techniques, timeMs, lastMs }: TimelineEntry,
  weight: number,
): string[] {
  const fresh: string[] = [];
  for (const tactic of tactics) {
    const known = draft.stages.find((stage) => stage.tactic === tactic);
    if (known === undefined) {
      draft.stages.push({ tactic, firstMs: timeMs, lastMs, count: weight });
      fresh.push(tactic);
      continue;
    }
    known.count += weight;
    known.firstMs = Math.min(known.firstMs, timeMs);
    known.lastMs = Math.max(known.lastMs, lastMs);
  }
  for (const technique of techniques) {
    if (draft.techniques.includes(technique)) continue;
    if (draft.techniques.length < LIMITS.techniques) draft.techniques.push(technique);
    else draft.leftOut.techniques += 1;
  }
  return fresh;
}

function addProcesses(draft: Draft, { chain, entry }: Sighting): void {
  const { processes } = indexOf(draft);
  for (const [depth, process] of chain.entries()) {
    const known = processes.get(process.key);
    if (known !== undefined) {
      if (known.parent === '') known.parent = process.parent;
      if (depth > 0) continue;
      known.container = process.container;
      known.user = process.user;
      if (known.command === '') known.command = process.command;
      if (!known.rules.includes(entry.rule) && known.rules.length < LIMITS.rules)
        known.rules.push(entry.rule);
      continue;
    }
    if (draft.processes.length >= LIMITS.processes) {
      draft.leftOut.processes += 1;
      continue;
    }
    const fresh = { ...process, rules: depth === 0 ? [entry.rule] : [] };
    draft.processes.push(fresh);
    processes.set(fresh.key, fresh);
  }
}

/** Calls alone say nothing a policy line could be made of. */
function addAction(draft: Draft, action: ObservedAction): void {
  if (action.section === 'syscalls') return;
  const { actions } = indexOf(draft);
  const key = actionKey(action);
  if (actions.has(key)) return;
  if (draft.actions.length >= LIMITS.actions) {
    draft.leftOut.actions += 1;
    return;
  }
  draft.actions.push(action);
  actions.add(key);
}

/** The beginning, the first of each rule, and the end; what was in between is counted by rule. */
function addEntry(draft: Draft, entry: TimelineEntry, isFirstOfRule: boolean): void {
  const { first, milestones, last } = draft.timeline;
  if (repeats(last.at(-1) ?? first.at(-1), entry)) return;
  const fresh = copyOf(entry);
  if (first.length < LIMITS.timelineFirst) first.push(fresh);
  else if (isFirstOfRule && milestones.length < LIMITS.timelineMilestones) milestones.push(fresh);
  else last.push(fresh);
  if (last.length <= LIMITS.timelineLast) return;
  const dropped = last.shift();
  if (dropped === undefined) return;
  const { timeline } = draft.leftOut;
  const key =
    Object.hasOwn(timeline, dropped.rule) || Object.keys(timeline).length < LIMITS.rules ? dropped.rule : '';
  timeline[key] = (Object.hasOwn(timeline, key) ? (timeline[key] ?? 0) : 0) + dropped.count;
}

/** The same once more is one entry that counts. */
function repeats(before: Draft['timeline']['first'][number] | undefined, entry: TimelineEntry): boolean {
  if (before === undefined) return false;
  const isSame =
    before.rule === entry.rule && before.container === entry.container && before.output === entry.output;
  if (!isSame) return false;
  before.count += entry.count;
  before.lastMs = Math.max(before.lastMs, entry.lastMs);
  return true;
}

const copyOf = (entry: TimelineEntry): Draft['timeline']['first'][number] => ({
  ...entry,
  tactics: [...entry.tactics],
  techniques: [...entry.techniques],
  fields: { ...entry.fields },
});
