import {
  Approvals,
  type Attestation,
  type AttestError,
  attest,
  compare,
  type Difference,
  firstProcess,
  type Observation,
  observe,
} from '@runward/attest';
import type { Detection } from '@runward/detect';
import type { ContainerInfo } from '@runward/events';
import type { Identity, IdentityRequest } from '@runward/tracker';
import { pidsIn } from '../capture/members.js';
import { HostGroups } from '../enforcement/host-groups.js';
import { runningTargets, type Target } from '../isolation/targets.js';
import { Causes } from './causes.js';
import { type ChangeKind, describeChange } from './describe.js';
import { touchesConfinement } from './touch.js';

export interface AttestOptions {
  readonly state: string;
  readonly hostname: string;
  readonly intervalMs: number;
  readonly identify: (request: IdentityRequest) => Promise<Identity>;
  /** Takes what changed. */
  readonly take: (detections: readonly Detection[]) => void;
  /** Told how a container stands when that is first known, and whenever it is another. */
  readonly onState?: (attestation: Attestation, info: ContainerInfo) => void;
  readonly onEnded?: (info: ContainerInfo) => void;
  readonly say: (message: string) => void;
}

/** A container that is about to begin drops privileges, mounts and joins: it is looked at when that is over. */
const SETTLE_MS = 3000;
/** A call is heard of when it is done; several come together. */
const AFTER_TOUCH_MS = 200;
/** What is seen may be seen before the call that did it is heard of. */
const HEAR_MS = 700;

interface Known {
  readonly info: ContainerInfo;
  observation: Observation;
  attestation: Attestation;
  /** The differences that were told. */
  told: string;
  /** Something was seen of which nothing was heard yet. */
  isAwaited: boolean;
}

/**
 * Looks at what the running containers may do: when they are first seen, from time to time, and when one made a call that
 * may have changed it. What is another than before, or than was approved, is told once.
 */
export class AttestService {
  readonly #options: AttestOptions;
  readonly #approvals: Approvals;
  readonly #groups = new HostGroups();
  readonly #known = new Map<string, Known>();
  readonly #met = new Map<string, number>();
  readonly #causes = new Causes();
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;
  #problem = '';
  #looks = 0;
  #lastMs = 0;

  constructor(options: AttestOptions) {
    this.#options = options;
    this.#approvals = new Approvals(options.state);
  }

  /** Looks now, and from then on. */
  start(): void {
    this.#lookIn(0);
  }

  get status(): unknown {
    const all = [...this.#known.values()].map(({ attestation }) => attestation.state);
    const count = (state: Attestation['state']): number => all.filter((each) => each === state).length;
    return {
      ...{ containers: all.length, approved: count('approved'), changed: count('changed') },
      ...{
        unapproved: count('unapproved'),
        looks: this.#looks,
        lastMs: this.#lastMs,
        problem: this.#problem,
      },
    };
  }

  /** How each container stood when it was looked at last. */
  get attestations(): readonly Attestation[] {
    return [...this.#known.values()].map(({ attestation }) => attestation);
  }

  /** Looks at everything, now. */
  async look(): Promise<readonly Attestation[]> {
    this.#turn = this.#turn.then(() => this.#lookAtAll());
    await this.#turn;
    return this.attestations;
  }

  met({ id }: ContainerInfo): void {
    if (this.#known.has(id) || this.#met.has(id)) return;
    this.#met.set(id, Date.now());
    this.#lookIn(SETTLE_MS);
  }

  ended(id: string): void {
    const known = this.#known.get(id);
    if (known !== undefined) this.#options.onEnded?.(known.info);
    this.#known.delete(id);
    this.#met.delete(id);
    this.#causes.forget(id);
  }

  readonly hear = (detection: Detection): void => {
    if (!touchesConfinement(detection)) return;
    this.#causes.hear(detection);
    this.#lookIn(AFTER_TOUCH_MS);
  };

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #lookIn(ms: number): void {
    const atMs = Date.now() + ms;
    if (this.#isClosed || atMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = atMs;
    this.#timer = setTimeout(() => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      void this.look().then(() => this.#lookIn(this.#options.intervalMs));
    }, ms).unref();
  }

  /** Never rejects: what cannot be looked at is told, and looked at again. */
  async #lookAtAll(): Promise<void> {
    const began = performance.now();
    try {
      const approvals = await this.#approvals.read();
      const targets = await runningTargets(this.#groups, this.#options.identify);
      for (const target of targets) if (this.#isSettled(target.info.id)) this.#lookAt(target, approvals);
      const running = new Set(targets.map(({ info }) => info.id));
      for (const id of this.#known.keys()) if (!running.has(id)) this.ended(id);
      this.#problem = '';
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== this.#problem) this.#options.say(`what containers may do is not looked at: ${why}`);
      this.#problem = why;
    }
    this.#looks += 1;
    this.#lastMs = Math.round(performance.now() - began);
  }

  /** What was running before the agent has settled long ago. */
  #isSettled(id: string): boolean {
    const metAt = this.#met.get(id);
    if (metAt === undefined || this.#known.has(id)) return true;
    const left = metAt + SETTLE_MS - Date.now();
    if (left > 0) this.#lookIn(left);
    return left <= 0;
  }

  #lookAt({ info, cgroups }: Target, approvals: Parameters<typeof attest>[2]): void {
    const pids = pidsIn(this.#groups, new Set(cgroups));
    const pid = firstProcess(pids);
    if (pid === undefined) return; // it has ended
    let observation: Observation;
    try {
      observation = observe({ pid, pids, ids: [info.id, info.name] });
    } catch (error) {
      if ((error as AttestError).code === 'ATTEST_GONE') return; // any error may be asked for its code
      throw error;
    }
    this.#judge(info, attest(info, observation, approvals));
  }

  #judge(info: ContainerInfo, attestation: Attestation): void {
    const { observation } = attestation;
    const known = this.#known.get(info.id);
    if (known === undefined) {
      this.#met.delete(info.id);
      const fresh = { info, observation, attestation, told: '', isAwaited: false };
      this.#known.set(info.id, fresh);
      if (attestation.state === 'changed')
        this.#tell(fresh, 'not-approved', attestation.differences, undefined);
      this.#options.onState?.(attestation, info);
      return;
    }
    const before = known.attestation;
    const changes = compare(known.observation.configuration, observation.configuration);
    const { cause, possible } = this.#causes.of(info.id, changes);
    if (possible && cause === undefined && !known.isAwaited) {
      known.isAwaited = true;
      this.#lookIn(HEAR_MS);
      return;
    }
    Object.assign(known, { observation, attestation, isAwaited: false });
    if (changes.length > 0) this.#causes.forget(info.id);
    if (attestation.state === 'changed') {
      if (keyOf(attestation.differences) !== known.told)
        this.#tell(known, 'not-approved', attestation.differences, cause);
    } else if (attestation.state === 'approved') {
      if (before.state === 'changed') this.#tell(known, 'approved-again', [], cause);
      known.told = '';
    } else if (changes.length > 0) this.#tell(known, 'changed', changes, cause);
    const isSame = before.state === attestation.state && before.observation.digest === observation.digest;
    if (!isSame) this.#options.onState?.(attestation, info);
  }

  #tell(
    known: Known,
    kind: ChangeKind,
    differences: readonly Difference[],
    cause: Detection | undefined,
  ): void {
    if (kind === 'not-approved') known.told = keyOf(differences);
    const { info, attestation } = known;
    this.#options.take([
      describeChange({ kind, info, attestation, differences, cause }, this.#options.hostname),
    ]);
  }
}

const keyOf = (differences: readonly Difference[]): string =>
  differences.map(({ what, text }) => `${what}\0${text}`).join('\n');
