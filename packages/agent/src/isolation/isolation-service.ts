import { randomUUID } from 'node:crypto';
import type { AllowedNetwork, Cut, Isolated, Isolation } from '@runward/enforce/isolation';
import type { Decision, DecisionLog, Who } from '@runward/state';
import { ControlError } from '../control/error.js';
import { chooseTargets, type Target } from './targets.js';

/** What of the kernel's isolation is used. */
export type IsolationKernel = Pick<
  Isolation,
  'isolate' | 'release' | 'list' | 'endStrays' | 'refusesUnix' | 'close'
>;

export interface IsolationServiceOptions {
  readonly kernel: IsolationKernel;
  readonly targets: () => Promise<readonly Target[]>;
  readonly limits: (refusesUnix: boolean) => readonly string[];
  readonly decisions: Pick<DecisionLog, 'append'>;
  readonly say: (message: string) => void;
}

export interface IsolateOrder {
  readonly container: string;
  readonly allow: readonly AllowedNetwork[];
  readonly forMs: number | undefined;
}

export interface IsolationAnswer {
  readonly containers: readonly (Cut & { readonly id: string; readonly name: string })[];
  readonly allow: readonly string[];
  /** Wall clock; undefined: until it is released. */
  readonly untilMs?: number;
  /** From the request's coming to everything being cut off. */
  readonly tookMs: number;
  /** What is not cut off on this host. */
  readonly notCut: readonly string[];
}

export interface ReleaseAnswer {
  readonly released: readonly { readonly id: string; readonly name: string }[];
}

export interface IsolationStatus {
  readonly isolated: readonly Isolated[];
  readonly notCut: readonly string[];
}

const SWEEP_MS = 1000;
/** Who releases what has its time over. */
const TIME: Who = { uid: 0, user: '', program: 'time is over' };

/** Isolates and releases as operators ask, one at a time, and writes down who asked. */
export class IsolationService {
  readonly #options: IsolationServiceOptions;
  readonly #timer: NodeJS.Timeout;
  #turn: Promise<unknown> = Promise.resolve();
  /** Why isolations cannot be looked after, and why decisions are not recorded; '' once that works again. */
  #sweepProblem = '';
  #recordProblem = '';

  constructor(options: IsolationServiceOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#sweepSafely(), SWEEP_MS).unref();
  }

  /** @throws ControlError CONTROL_NOT_FOUND, CONTROL_CONFLICT; EnforceError */
  isolate(order: IsolateOrder, who: Who): Promise<IsolationAnswer> {
    return this.#inTurn(() => this.#isolate(order, who));
  }

  async #isolate(order: IsolateOrder, who: Who): Promise<IsolationAnswer> {
    const { kernel } = this.#options;
    const startedAtMs = performance.now();
    const targets = chooseTargets(await this.#options.targets(), order.container);
    const { allow, forMs } = order;
    const containers: IsolationAnswer['containers'][number][] = [];
    const terms = {
      allow: allow.map(({ text }) => text),
      ...(forMs === undefined ? {} : { untilMs: Date.now() + forMs }),
    };
    try {
      for (const { info, cgroups } of targets) {
        const { id, name } = info;
        const cut = await kernel.isolate({ id, name, cgroups, allow, forMs });
        containers.push({ id, name, ...cut });
      }
    } catch (error) {
      // Those before it are cut off all the same.
      const problem = error instanceof Error ? error.message : String(error);
      if (containers.length > 0) this.#record('isolate', who, { containers, ...terms, problem });
      throw error;
    }
    const answer: IsolationAnswer = {
      containers,
      ...terms,
      tookMs: Math.round((performance.now() - startedAtMs) * 10) / 10,
      notCut: this.#notCut(),
    };
    const { tookMs, ...kept } = answer;
    this.#record('isolate', who, { ...kept, tookMs });
    for (const { name, id } of containers) this.#options.say(`${name || id} is isolated`);
    return answer;
  }

  /** @throws ControlError CONTROL_NOT_FOUND when nothing of that name is isolated */
  release(container: string, who: Who): Promise<ReleaseAnswer> {
    return this.#inTurn(async () => {
      const isolated = this.#options.kernel.list();
      const named = isolated.filter(({ id, name }) => id === container || name === container);
      const byPrefix = isolated.filter(({ id }) => container.length >= 4 && id.startsWith(container));
      const found =
        named.length > 0 ? named : byPrefix.length === 1 ? byPrefix : await this.#ofPod(container);
      if (found.length === 0)
        throw new ControlError('CONTROL_NOT_FOUND', `\`${container}\` is not isolated`, {
          help:
            isolated.length === 0
              ? 'nothing is'
              : `isolated are: ${isolated.map(({ name, id }) => name || id).join(', ')}`,
        });
      return this.#release(found, who);
    });
  }

  releaseAll(who: Who): Promise<ReleaseAnswer> {
    return this.#inTurn(async () => this.#release(this.#options.kernel.list(), who));
  }

  async #ofPod(name: string): Promise<readonly Isolated[]> {
    try {
      const ids = new Set(chooseTargets(await this.#options.targets(), name).map(({ info }) => info.id));
      return this.#options.kernel.list().filter(({ id }) => ids.has(id));
    } catch (error) {
      if (error instanceof ControlError && error.code === 'CONTROL_NOT_FOUND') return [];
      throw error;
    }
  }

  #release(isolated: readonly Isolated[], who: Who, why?: string): ReleaseAnswer {
    const released = isolated.map(({ id, name }) => ({ id, name }));
    // First the way out, then the record: a full disk must not keep anybody in.
    for (const { id } of released) this.#options.kernel.release(id);
    if (released.length > 0) this.#record('release', who, { containers: isolated, ...(why && { why }) });
    for (const { name, id } of released)
      this.#options.say(`${name || id} is not isolated any more${why === undefined ? '' : `: ${why}`}`);
    return { released };
  }

  status(): IsolationStatus {
    return { isolated: this.#options.kernel.list(), notCut: this.#notCut() };
  }

  /** For `GET /v1/status`. */
  get summary(): unknown {
    const problem = [this.#sweepProblem, this.#recordProblem].filter((each) => each !== '').join('; ');
    return { isolated: this.#options.kernel.list().length, problem };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#options.kernel.close();
  }

  #notCut(): readonly string[] {
    const { refusesUnix } = this.#options.kernel;
    return refusesUnix === undefined ? [] : this.#options.limits(refusesUnix);
  }

  #sweepSafely(): void {
    void this.#inTurn(async () => this.#sweep()).then(
      () => {
        this.#sweepProblem = '';
      },
      (error: unknown) => {
        this.#sweepProblem = error instanceof Error ? error.message : String(error);
      },
    );
  }

  #sweep(): void {
    const { kernel } = this.#options;
    const isolated = kernel.list();
    if (isolated.length === 0) return;
    // The kernel forgets groups that are removed.
    const ended = isolated.filter(({ cgroups }) => cgroups.length === 0);
    const over = isolated.filter((each) => each.leftMs === 0 && !ended.includes(each));
    if (ended.length > 0) this.#release(ended, TIME, 'the container ended');
    if (over.length > 0) this.#release(over, TIME, 'its time is over');
    kernel.endStrays();
  }

  #record(action: Decision['action'], who: Who, isolation: unknown): void {
    const time = new Date().toISOString();
    try {
      this.#options.decisions.append({
        ...{ id: randomUUID(), time, action, who, by: 'agent', changes: [], isolation },
      });
      this.#recordProblem = '';
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#recordProblem = `who decided is not recorded: ${why}`;
      this.#options.say(`isolation: ${this.#recordProblem}`);
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
