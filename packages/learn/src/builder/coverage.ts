import type { ContainerInfo } from '@runward/events';
import type { ContainerCoverage, ProfileCoverage, SessionCoverage } from '@runward/policy';
import { LIMITS } from './limits.js';

/** The first minute of a container is its start-up. */
export const STARTUP_MS = 60_000;

/** One container that is watched, and how far into its life it is. */
export class Replica {
  readonly id: string;
  /** See {@link Moment.replicaBit}. */
  readonly bit: number;
  #firstMs: number;
  #lastMs: number;
  /** Watched in earlier sessions. */
  readonly #earlierMs: number;
  #sinceMs: number | undefined;
  #fromStart: boolean;
  #startupUntilMs = 0;

  constructor(id: string, bit: number, earlier?: ContainerCoverage) {
    this.id = id;
    this.bit = bit;
    this.#firstMs = earlier?.firstMs ?? 0;
    this.#lastMs = earlier?.lastMs ?? 0;
    this.#earlierMs = earlier?.watchedMs ?? 0;
    this.#fromStart = earlier?.fromStart ?? false;
  }

  /** The first event of this session. */
  begin(container: ContainerInfo, nowMs: number): void {
    if (this.#sinceMs !== undefined) return;
    this.#sinceMs = nowMs;
    this.#firstMs = this.#firstMs === 0 ? nowMs : Math.min(this.#firstMs, nowMs);
    this.#lastMs = Math.max(this.#lastMs, nowMs);
    this.#startupUntilMs = (startOf(container) ?? nowMs) + STARTUP_MS;
  }

  sawFirstProcess(nowMs: number): void {
    this.#fromStart = true;
    this.#startupUntilMs = nowMs + STARTUP_MS;
  }

  advance(nowMs: number): void {
    if (nowMs > this.#lastMs) this.#lastMs = nowMs;
  }

  isStartup(nowMs: number): boolean {
    return nowMs < this.#startupUntilMs;
  }

  get isActive(): boolean {
    return this.#sinceMs !== undefined;
  }

  get coverage(): ContainerCoverage {
    const now = this.#sinceMs === undefined ? 0 : this.#lastMs - this.#sinceMs;
    return {
      id: this.id,
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
      watchedMs: this.#earlierMs + now,
      fromStart: this.#fromStart,
    };
  }
}

function startOf({ startedAtNs, createdAtNs }: ContainerInfo): number | undefined {
  const ns = startedAtNs > 0n ? startedAtNs : createdAtNs;
  return ns > 0n ? Number(ns / 1_000_000n) : undefined;
}

/** Time, replicas and sessions behind a profile. */
export class Coverage {
  readonly #replicas = new Map<string, Replica>();
  readonly #sessions = new Map<string, SessionCoverage>();
  readonly #session: string;
  #lastNewMs = 0;
  #next = 0;
  #omitted = 0;

  #callsCounted: boolean | undefined;

  /** `callsCounted`: the kernel counts system calls in this session. */
  constructor(session: string, callsCounted: boolean) {
    this.#callsCounted = callsCounted;
    this.#session = session;
    this.#sessions.set(session, { id: session, lostRecords: 0 });
  }

  get omitted(): number {
    return this.#omitted;
  }

  /** The replica of a container; undefined beyond the limit, where what it does still counts. */
  replica(container: ContainerInfo): Replica | undefined {
    const known = this.#replicas.get(container.id);
    if (known !== undefined) return known;
    if (this.#replicas.size >= LIMITS.containers) {
      this.#omitted += 1;
      return undefined;
    }
    return this.#add(container.id);
  }

  #add(id: string, earlier?: ContainerCoverage): Replica {
    const bit = this.#next < 31 ? 1 << this.#next : 0;
    this.#next += 1;
    const replica = new Replica(id, bit, earlier);
    this.#replicas.set(id, replica);
    return replica;
  }

  foundNew(nowMs: number): void {
    if (nowMs > this.#lastNewMs) this.#lastNewMs = nowMs;
  }

  /** Records lost since the session began. */
  lost(lostRecords: number): void {
    this.#sessions.set(this.#session, { id: this.#session, lostRecords });
  }

  restore(coverage: ProfileCoverage): void {
    for (const earlier of coverage.containers ?? []) this.#add(earlier.id, earlier);
    const sessions = coverage.sessionList ?? [];
    for (const session of sessions.slice(-(LIMITS.sessions - 1))) this.#sessions.set(session.id, session);
    this.#lastNewMs = coverage.lastNewMs;
    this.#callsCounted ||= coverage.callsCounted;
  }

  summarize(omitted: Readonly<Record<string, number>>): ProfileCoverage {
    const containers = [...this.#replicas.values()]
      .map((replica) => replica.coverage)
      .filter((c) => c.firstMs !== 0)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const sessionList = [...this.#sessions.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    return {
      ...summarizeCoverage(containers, sessionList),
      lastNewMs: this.#lastNewMs,
      containers,
      sessionList,
      ...(this.#callsCounted === undefined ? {} : { callsCounted: this.#callsCounted }),
      omitted,
    };
  }
}

/** The numbers that follow from the containers and sessions. */
export function summarizeCoverage(
  containers: readonly ContainerCoverage[],
  sessions: readonly SessionCoverage[],
): Omit<ProfileCoverage, 'lastNewMs'> {
  const first = containers.map((c) => c.firstMs);
  return {
    firstMs: first.length === 0 ? 0 : Math.min(...first),
    lastMs: Math.max(0, ...containers.map((c) => c.lastMs)),
    watchedMs: containers.reduce((sum, c) => sum + c.watchedMs, 0),
    replicas: containers.length,
    starts: containers.filter((c) => c.fromStart).length,
    sessions: sessions.length,
    lostRecords: sessions.reduce((sum, s) => sum + s.lostRecords, 0),
  };
}
