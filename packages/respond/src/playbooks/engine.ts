import { selects } from '@runward/policy/decide';
import type { Selector } from '@runward/policy/model';
import { BoundedMap } from './bounded-map.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { type Finding, type FoundContainer, replicasOf, workloadOf } from './finding.js';
import { isWithin, matches } from './matches.js';
import type { Playbook } from './model.js';

/**
 * What a playbook makes of a detection.
 *
 * act: its actions are due; ask: somebody has to say yes first; dry-run: they would be due; held: a guard keeps it from
 * them; breaker: the rule has just begun to fit too many workloads, and is not responded to any more.
 */
export interface Verdict {
  readonly playbook: Playbook;
  readonly finding: Finding;
  readonly outcome: 'act' | 'ask' | 'dry-run' | 'held' | 'breaker';
  /** '' or which guard holds it, or why it acts. */
  readonly why: string;
}

export interface Surroundings {
  /**
   * How many other containers of that workload run on this node and were not responded to; undefined when that is not
   * known.
   */
  readonly replicas: (workload: string, except: string) => number | undefined;
}

const MOST_KEYS = 8192;
const HOUR_MS = 3_600_000;

interface Memory {
  /** By what is counted: the times of the last detections. */
  readonly counts: BoundedMap<string, readonly number[]>;
  /** By container: when it was answered last. */
  readonly answered: BoundedMap<string, number>;
  /** By container and guard: when that was told last. */
  readonly told: BoundedMap<string, number>;
  /** By container: when it was acted on within the hour. */
  readonly acted: BoundedMap<string, number>;
}

const KNOWS_NOTHING: Surroundings = { replicas: () => undefined };

/**
 * Decides what is done about detections. Pure but for what it remembers: times come with the detections, so a recording is
 * judged as it would have been live.
 */
export class PlaybookEngine {
  readonly #breaker = new CircuitBreaker();
  readonly #memories = new Map<string, Memory>();
  #playbooks: readonly Playbook[];

  constructor(
    playbooks: readonly Playbook[],
    private readonly surroundings: Surroundings = KNOWS_NOTHING,
  ) {
    this.#playbooks = playbooks;
  }

  get playbooks(): readonly Playbook[] {
    return this.#playbooks;
  }

  /** Other playbooks from now on; what is remembered of those of the same name is kept. */
  replace(playbooks: readonly Playbook[]): void {
    this.#playbooks = playbooks;
  }

  /** One for each playbook that has something to say. */
  judge(finding: Finding): readonly Verdict[] {
    return this.#playbooks.flatMap((playbook) =>
      matches(playbook, finding) ? this.#judge(playbook, finding) : [],
    );
  }

  /** Rules that are not responded to now, and until when. */
  open(nowMs: number): readonly { readonly rule: string; readonly untilMs: number }[] {
    return this.#breaker
      .open(nowMs)
      .map(({ rule, untilMs }) => ({ rule: rule.slice(rule.indexOf('\0') + 1), untilMs }));
  }

  /** Responds to a rule again; false when it was responded to. */
  resume(rule: string, nowMs: number): boolean {
    return this.#playbooks
      .map(({ name }) => this.#breaker.resume(`${name}\0${rule}`, nowMs))
      .some((was) => was);
  }

  #judge(playbook: Playbook, finding: Finding): readonly Verdict[] {
    const memory = this.#memory(playbook.name);
    const { timeMs, container, rule } = finding;
    const say = (outcome: Verdict['outcome'], why: string): readonly Verdict[] => [
      { playbook, finding, outcome, why },
    ];
    // Seen before anything else: a guard that holds each of many workloads must not hide that there are many.
    const state = this.#breaker.hit(
      `${playbook.name}\0${rule}`,
      workloadOf(container),
      playbook.breaker,
      timeMs,
    );
    if (state === 'opens') return say('breaker', this.#brokenText(playbook, rule));
    const reached = this.#count(playbook, memory, finding);
    if (reached === undefined) return [];
    if (this.#isCooling(playbook, memory, container.id, timeMs)) return [];
    const held =
      state === 'open' ? `rule \`${rule}\` fits too many workloads` : this.#guard(playbook, memory, finding);
    if (held !== '') return this.#tellOnce(playbook, memory, finding, held) ? say('held', held) : [];
    memory.answered.set(container.id, timeMs);
    memory.acted.set(container.id, timeMs);
    memory.counts.delete(countKey(playbook, finding));
    if (playbook.mode === 'dry-run') return say('dry-run', reached);
    return say(playbook.guards.approvalMs === undefined ? 'act' : 'ask', reached);
  }

  /** '' or how many there were; undefined while there are too few. */
  #count(playbook: Playbook, memory: Memory, finding: Finding): string | undefined {
    const { count } = playbook.match;
    if (count === undefined) return '';
    const key = countKey(playbook, finding);
    const fresh = (memory.counts.get(key) ?? []).filter((atMs) => finding.timeMs - atMs <= count.withinMs);
    const more = Math.min(Math.max(finding.count, 1), count.atLeast);
    const times = [...fresh, ...new Array<number>(more).fill(finding.timeMs)].slice(-count.atLeast);
    memory.counts.set(key, times);
    if (times.length < count.atLeast) return undefined;
    return `${count.atLeast} within ${count.withinMs / 1000} s in the same ${count.per}`;
  }

  #isCooling({ cooldownMs }: Playbook, { answered }: Memory, container: string, nowMs: number): boolean {
    const last = answered.get(container);
    return last !== undefined && nowMs - last < cooldownMs;
  }

  /** '' or what holds it back. */
  #guard({ guards }: Playbook, memory: Memory, { container, timeMs }: Finding): string {
    const unsure = doubt(guards.never, container);
    if (unsure !== '') return unsure;
    if (guards.hours !== undefined && !isWithin(guards.hours, timeMs)) return 'it is outside the hours';
    const acted = [...memory.acted.entries()].filter(([, atMs]) => timeMs - atMs < HOUR_MS);
    if (acted.length >= guards.maxContainersPerHour && !acted.some(([id]) => id === container.id))
      return `${acted.length} containers within the hour are as many as it may`;
    if (guards.minHealthyReplicas === undefined) return '';
    const workload = replicasOf(container);
    const others = workload === undefined ? undefined : this.surroundings.replicas(workload, container.id);
    if (others === undefined) return 'how many replicas there are is not known';
    return others >= guards.minHealthyReplicas ? '' : `${others} healthy replicas would be left on this node`;
  }

  #tellOnce(
    { cooldownMs }: Playbook,
    { told }: Memory,
    { container, timeMs }: Finding,
    why: string,
  ): boolean {
    const key = `${container.id}\0${why.replace(/\d+/g, '')}`;
    const last = told.get(key);
    if (last !== undefined && timeMs - last < cooldownMs) return false;
    told.set(key, timeMs);
    return true;
  }

  #brokenText({ breaker }: Playbook, rule: string): string {
    const { workloads, withinMs, restMs } = breaker;
    return `rule \`${rule}\` fits ${workloads} workloads within ${withinMs / 1000} s: it is not responded to for ${restMs / 60_000} min`;
  }

  #memory(name: string): Memory {
    const memory = this.#memories.get(name) ?? {
      counts: new BoundedMap<string, readonly number[]>(MOST_KEYS),
      answered: new BoundedMap<string, number>(MOST_KEYS),
      told: new BoundedMap<string, number>(MOST_KEYS),
      acted: new BoundedMap<string, number>(MOST_KEYS),
    };
    this.#memories.set(name, memory);
    return memory;
  }
}

/** Whatever of its rules it was: a playbook counts all it is about. */
function countKey({ match }: Playbook, { container }: Finding): string {
  const per = match.count?.per;
  return per === 'node' ? '' : per === 'workload' ? workloadOf(container) : container.id;
}

/** Why a container may be one that is never touched; '' when it is none. */
function doubt(never: readonly Selector[], container: FoundContainer): string {
  if (never.some((selector) => selects(selector, container))) return 'the container is never touched';
  if (never.length === 0 || container.known === 'all') return '';
  if (container.known === 'id') return 'who the container is is not known, and some are never touched';
  const asksLabels = never.some(
    ({ podLabels, containerLabels }) => podLabels.size + containerLabels.size > 0,
  );
  return asksLabels ? 'its labels are not known, and some are never touched by them' : '';
}
