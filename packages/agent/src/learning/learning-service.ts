import { randomUUID } from 'node:crypto';
import {
  type KeySubject,
  parseWorkloadKey,
  plainPolicy,
  type RuntimePolicy,
  SECTIONS,
  type WorkloadProfile,
} from '@runward/policy';
import type { LearningEntry, ProfileStore } from '@runward/state';
import { LearningError } from './error.js';
import type { LearnOrder, LearnOrders, LearnReport } from './order.js';
import { type LearningSource, type LearningStatus, statusOf } from './status.js';

/** What learning needs of the agent. */
export interface LearningAgent {
  learn(orders: LearnOrders): void;
  onLearnt(take: (report: LearnReport) => void): void;
  learnt(): Promise<LearnReport>;
}

export interface LearningServiceOptions {
  readonly store: ProfileStore;
  /** The applied policies: those with a section in mode `learn` are learnt as well. */
  readonly policies: () => Promise<readonly RuntimePolicy[]>;
  /** What went wrong without anybody having asked; the same is said once. */
  readonly onProblem: (message: string) => void;
}

/** Every workload costs memory and the thread's time; more at once are a mistake. */
const MOST_WORKLOADS = 64;
const LOOK_AT_POLICIES_MS = 2000;

/** Which workloads are learnt, and what was learnt: kept on the disk, so that both outlive the agent. */
export class LearningService {
  readonly #agent: LearningAgent;
  readonly #options: LearningServiceOptions;
  readonly #session = randomUUID();
  #started: readonly LearningEntry[] = [];
  #policies: readonly RuntimePolicy[] = [];
  /** What was learnt in this session, by workload. */
  readonly #profiles = new Map<string, WorkloadProfile>();
  #ordered = '';
  #problem = '';
  readonly #timer: NodeJS.Timeout;

  private constructor(agent: LearningAgent, options: LearningServiceOptions) {
    this.#agent = agent;
    this.#options = options;
    agent.onLearnt((report) => this.#take(report));
    this.#timer = setInterval(() => void this.#lookAtPolicies(), LOOK_AT_POLICIES_MS);
    this.#timer.unref();
  }

  /** Goes on with what was being learnt when the last agent ended. */
  static async open(agent: LearningAgent, options: LearningServiceOptions): Promise<LearningService> {
    const service = new LearningService(agent, options);
    // An agent that cannot read what to learn still has everything else to do.
    service.#guard(() => {
      service.#started = options.store.learning();
    });
    await service.#lookAtPolicies();
    service.#order();
    return service;
  }

  /** The state folder everything is kept in. */
  get state(): string {
    return this.#options.store.state;
  }

  /** Whether `learn start` asked for the workload of a container; policies in mode `learn` are not counted. */
  isLearning(container: KeySubject): boolean {
    return this.#started.some(({ workload }) => {
      const parsed = parseWorkloadKey(workload);
      return parsed.kind === 'key' && parsed.key.matches(container);
    });
  }

  /** Looks at no policies any more; what is learnt until the agent stops is kept all the same. */
  close(): void {
    clearInterval(this.#timer);
  }

  /** Begins with a workload, or goes on with one; its name in its one form. @throws LearningError, StateError */
  start(written: string): string {
    const workload = nameOf(written);
    if (this.#started.some((entry) => entry.workload === workload)) return workload;
    if (this.#sources().size >= MOST_WORKLOADS)
      throw new LearningError('LEARN_TOO_MANY', `${MOST_WORKLOADS} workloads are being learnt already`, {
        help: 'stop one of them with `runward learn stop WORKLOAD`',
      });
    this.#options.store.read(workload); // what cannot be read must not be written over
    this.#keep([...this.#started, { workload, sinceMs: Date.now() }]);
    this.#order();
    return workload;
  }

  /** Ends with a workload and keeps what was learnt. @throws LearningError, StateError */
  async stop(written: string): Promise<LearningStatus> {
    const workload = nameOf(written);
    const source = this.#sources().get(workload);
    if (source?.startedAtMs === undefined) {
      const help =
        source === undefined
          ? '`runward learn list` shows what is'
          : `policy \`${source.policies[0]}\` wants it learnt: put its sections into another mode with \`runward policy mode\``;
      throw new LearningError('LEARN_WORKLOAD_UNKNOWN', `\`${workload}\` is not being learnt`, { help });
    }
    await this.#refresh();
    this.#keep(this.#started.filter((entry) => entry.workload !== workload));
    this.#order();
    return this.#statusOf(workload, this.#sources());
  }

  /** Forgets what was learnt. @throws LearningError, StateError */
  remove(written: string): void {
    const workload = nameOf(written);
    if (this.#sources().has(workload))
      throw new LearningError('LEARN_IN_PROGRESS', `\`${workload}\` is being learnt`, {
        help: `end that first: \`runward learn stop ${workload}\``,
      });
    this.#profiles.delete(workload);
    if (!this.#options.store.remove(workload)) throw unknown(workload);
  }

  /** All workloads: those being learnt and those that were. @throws StateError */
  async list(): Promise<readonly LearningStatus[]> {
    await this.#refresh();
    const sources = this.#sources();
    const kept = this.#options.store.list().map(({ workload }) => workload);
    return [...new Set([...sources.keys(), ...kept])]
      .sort()
      .map((workload) => this.#statusOf(workload, sources));
  }

  /** @throws LearningError, StateError */
  async show(
    written: string,
  ): Promise<{ readonly status: LearningStatus; readonly profile: WorkloadProfile | undefined }> {
    const workload = nameOf(written);
    await this.#refresh();
    const sources = this.#sources();
    const profile = this.#profileOf(workload);
    if (profile === undefined && !sources.has(workload)) throw unknown(workload);
    return { status: statusOf(workload, profile, sources.get(workload)), profile };
  }

  #statusOf(workload: string, sources: ReadonlyMap<string, LearningSource>): LearningStatus {
    return statusOf(workload, this.#profileOf(workload), sources.get(workload));
  }

  #profileOf(workload: string): WorkloadProfile | undefined {
    return this.#profiles.get(workload) ?? this.#options.store.read(workload);
  }

  #sources(): ReadonlyMap<string, LearningSource> {
    const sources = new Map<string, LearningSource>();
    for (const { workload, sinceMs } of this.#started)
      sources.set(workload, { startedAtMs: sinceMs, policies: [] });
    for (const { name } of this.#policies) {
      const known = sources.get(name);
      sources.set(name, { startedAtMs: known?.startedAtMs, policies: [...(known?.policies ?? []), name] });
    }
    return sources;
  }

  #keep(started: readonly LearningEntry[]): void {
    this.#options.store.learning(); // what cannot be read must not be written over
    this.#options.store.setLearning(started);
    this.#started = started;
  }

  /** Everything as it is in the sensor's thread, written. */
  async #refresh(): Promise<void> {
    if (this.#sources().size > 0) await this.#agent.learnt();
  }

  #take({ profiles }: LearnReport): void {
    for (const profile of profiles) {
      this.#profiles.set(profile.workload, profile);
      // Nothing of it was met: an empty file would only say so.
      if (profile.coverage.replicas > 0) this.#guard(() => this.#options.store.write(profile));
    }
  }

  async #lookAtPolicies(): Promise<void> {
    try {
      const policies = (await this.#options.policies()).filter((policy) =>
        SECTIONS.some((section) => policy[section]?.mode === 'learn'),
      );
      this.#policies = policies.slice(0, MOST_WORKLOADS);
      this.#order();
    } catch (error) {
      this.#say(error);
    }
  }

  /** Tells the sensor's thread where something changed. */
  #order(): void {
    const orders = [...this.#sources()].flatMap(([workload, source]) => this.#orderOf(workload, source));
    const text = JSON.stringify(orders.map(({ earlier: _, ...order }) => order));
    if (text === this.#ordered) return;
    this.#ordered = text;
    this.#agent.learn({ session: this.#session, orders });
  }

  #orderOf(workload: string, { startedAtMs, policies }: LearningSource): readonly LearnOrder[] {
    const selected = this.#policies.filter(({ name }) => policies.includes(name)).map(plainPolicy);
    try {
      const earlier = this.#options.store.read(workload);
      return [{ workload, policies: selected, byName: startedAtMs !== undefined, earlier }];
    } catch (error) {
      this.#say(error); // not learnt rather than written over
      return [];
    }
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#say(error);
    }
  }

  #say(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (message !== this.#problem) this.#options.onProblem(message);
    this.#problem = message;
  }
}

function nameOf(written: string): string {
  const parsed = parseWorkloadKey(written);
  if (parsed.kind === 'problem')
    throw new LearningError('LEARN_WORKLOAD_INVALID', parsed.message, { help: parsed.help });
  return parsed.key.text;
}

const unknown = (workload: string): LearningError =>
  new LearningError('LEARN_WORKLOAD_UNKNOWN', `nothing was learnt of \`${workload}\``, {
    help: '`runward learn list` shows what was; begin with `runward learn start WORKLOAD`',
  });
