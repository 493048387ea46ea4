import type { ContainerInfo, RingView } from '@runward/events';
import { type LearnKey, Observer } from '@runward/learn';
import { parseWorkloadKey, policyOfPlain, selects, type WorkloadProfile } from '@runward/policy';
import { namespaceId, type Sensor } from '@runward/sensor';
import type { LearnOrder, LearnOrders, LearnReport } from './order.js';

/** How often the kernel's counts are read. */
const COUNT_MS = 1000;
/** What is new is told this often: so much is lost at most when this process is killed. */
const REPORT_MS = 2000;
/** Counts and times that grew without anything new are told less often. */
const QUIET_REPORT_MS = 30_000;
const CALL_PROGRAM = 'rw_learn_call';
const CAPABILITY_PROGRAM = 'rw_learn_capability';

/** Learning in the sensor's thread: events and the kernel's counts in, profiles out. */
export class ThreadLearning {
  readonly #sensor: Sensor;
  readonly #observer: Observer;
  readonly #report: (report: LearnReport) => void;
  readonly #missing: readonly string[];
  /** What was told last, by workload. */
  readonly #told = new Map<string, { readonly revision: number; readonly atMs: number }>();
  /** Orders by workload, as text: an order that changed begins again from where it is. */
  readonly #orders = new Map<string, string>();
  /** Groups whose counts are read, or were found not to be of a workload that is learnt. */
  #groups = new Map<number, ContainerInfo>();
  #countedAtMs = 0;
  #epochMs: number;
  readonly #lostBefore: number;

  constructor(sensor: Sensor, session: string, lost: number, report: (report: LearnReport) => void) {
    this.#sensor = sensor;
    this.#report = report;
    this.#lostBefore = lost;
    this.#epochMs = Number(sensor.epochOffsetNs) / 1e6;
    this.#missing = sensor.kernel.learning.start();
    this.#observer = new Observer({
      session,
      hostMntNs: namespaceId(1, 'mnt'),
      callsCounted: !this.#missing.includes(CALL_PROGRAM),
      capabilitiesCounted: !this.#missing.includes(CAPABILITY_PROGRAM),
    });
  }

  /** Learns these and no others; what is left is told with its last profile. */
  set({ orders }: LearnOrders): void {
    const wanted = new Map(orders.map((order) => [order.workload, order]));
    const ended: WorkloadProfile[] = [];
    for (const [workload, text] of this.#orders) {
      const order = wanted.get(workload);
      if (order !== undefined && termsOf(order) === text) continue;
      const profile = this.#end(workload);
      if (profile === undefined) continue;
      if (order === undefined) ended.push(profile);
      else wanted.set(workload, { ...order, earlier: profile });
    }
    if (ended.length > 0) this.#report({ profiles: ended, missing: this.#missing });
    for (const order of wanted.values()) {
      if (this.#orders.has(order.workload)) continue;
      const key = keyOf(order);
      if (key === undefined) continue;
      this.#orders.set(order.workload, termsOf(order));
      this.#observer.add({ key, earlier: order.earlier });
    }
  }

  #end(workload: string): WorkloadProfile | undefined {
    this.#count(Date.now());
    this.#orders.delete(workload);
    this.#told.delete(workload);
    return this.#observer.remove(workload);
  }

  get isEmpty(): boolean {
    return this.#orders.size === 0;
  }

  /** Whether what this container does may be wanted. Until its runtime described it, it is. */
  learns(container: ContainerInfo): boolean {
    return container.metadata !== 'complete' || this.#observer.learns(container);
  }

  observe(view: RingView): void {
    this.#observer.observe(view, Math.trunc(view.timeMs + this.#epochMs));
  }

  endContainer(id: string): void {
    this.#observer.endContainer(id);
  }

  /** Records lost since the sensor began. */
  lost(records: number): void {
    this.#observer.lost(records - this.#lostBefore);
  }

  /** To be called several times a second. */
  tick(nowMs: number): void {
    this.#epochMs = Number(this.#sensor.epochOffsetNs) / 1e6;
    if (nowMs - this.#countedAtMs < COUNT_MS) return;
    this.#countedAtMs = nowMs;
    this.#count(nowMs);
    this.#observer.advance(nowMs);
    const profiles = [...this.#orders.keys()].flatMap((workload) => this.#newsOf(workload, nowMs));
    if (profiles.length > 0) this.#report({ profiles, missing: this.#missing });
  }

  #newsOf(workload: string, nowMs: number): readonly WorkloadProfile[] {
    const revision = this.#observer.revision(workload) ?? 0;
    const told = this.#told.get(workload);
    const age = nowMs - (told?.atMs ?? 0);
    if (told !== undefined && (age < REPORT_MS || (told.revision === revision && age < QUIET_REPORT_MS)))
      return [];
    const profile = this.#observer.profile(workload);
    this.#told.set(workload, { revision, atMs: nowMs });
    return profile === undefined ? [] : [profile];
  }

  /** Everything as it is now. */
  tellAll(): void {
    const nowMs = Date.now();
    this.#count(nowMs);
    this.#observer.advance(nowMs);
    const profiles = [...this.#orders.keys()].flatMap((workload) => this.#observer.profile(workload) ?? []);
    this.#report({ profiles, missing: this.#missing });
  }

  #count(nowMs: number): void {
    const programs = this.#sensor.kernel.learning;
    const there = new Map(this.#sensor.containers.groups());
    for (const [group, info] of there) {
      if (!this.#observer.learns(info)) continue;
      const counted = programs.read(group);
      if (counted !== undefined) this.#observer.saw(info, counted, nowMs);
    }
    for (const group of this.#groups.keys()) if (!there.has(group)) programs.forget(group);
    this.#groups = there;
  }

  /** Detaches what only learning needs. */
  close(): void {
    this.#sensor.kernel.learning.stop(this.#groups.keys());
  }
}

/** What makes an order another one. */
const termsOf = ({ byName, policies }: LearnOrder): string =>
  JSON.stringify([byName, policies.map(({ name, selector }) => [name, selector])]);

function keyOf({ workload, byName, policies }: LearnOrder): LearnKey | undefined {
  const parsed = byName ? parseWorkloadKey(workload) : undefined;
  if (parsed?.kind === 'problem') return undefined; // refused where it was ordered
  const read = policies.map(policyOfPlain);
  return {
    text: workload,
    matches: (container) =>
      parsed?.key.matches(container) === true || read.some((policy) => selects(policy.selector, container)),
  };
}
