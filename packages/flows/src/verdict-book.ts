import type { FlowId } from './flow.js';

/** What policies said of the traffic between one container and one address at one port. */
export interface PolicyCounts {
  /** Connections that came to be while a policy judged the container's network. */
  allowed: number;
  denied: number;
  /** Of policies in monitor: what happened all the same. */
  wouldDeny: number;
  /** When something was denied last, or would have been; 0: never. */
  lastDeniedMs: number;
}

/** Something that was denied, or would have been. */
export interface TrafficVerdict extends Pick<FlowId, 'cgroup' | 'protocol' | 'remote' | 'port'> {
  readonly role: 'client' | 'server';
  readonly isEnforced: boolean;
}

/** Verdicts of one container, address and port. */
export interface BookEntry {
  readonly id: FlowId;
  readonly counts: Readonly<PolicyCounts>;
  readonly firstMs: number;
  readonly lastMs: number;
}

interface Entry extends BookEntry {
  readonly counts: PolicyCounts;
  lastMs: number;
}

/** Verdicts name no network namespace: the container's flows of that address and port are meant, wherever. */
const keyOf = ({ cgroup, role, protocol, remote, port }: FlowId): string =>
  `${cgroup} ${role} ${protocol} ${remote} ${port}`;
const NOWHERE = 0;

/** Keeps what policies said beside the flows they said it of, and of what never became a flow. Bounded. */
export class VerdictBook {
  readonly #most: number;
  /** In the order of last activity. */
  readonly #entries = new Map<string, Entry>();
  /** Forgotten for want of room. */
  forgotten = 0;

  constructor(most = 16_384) {
    this.#most = most;
  }

  take({ isEnforced, ...traffic }: TrafficVerdict, nowMs: number): BookEntry {
    const entry = this.#touch({ ...traffic, netns: NOWHERE }, nowMs);
    const { counts } = entry;
    if (isEnforced) counts.denied += 1;
    else counts.wouldDeny += 1;
    counts.lastDeniedMs = nowMs;
    return entry;
  }

  /** So many connections came to be in a flow of a container that is judged. */
  allowed(id: FlowId, connections: number, nowMs: number): void {
    this.#touch(id, nowMs).counts.allowed += connections;
  }

  of(id: FlowId): Readonly<PolicyCounts> | undefined {
    return this.#entries.get(keyOf(id))?.counts;
  }

  /** What was denied, or would have been, with nothing of it among `flows`. */
  without(flows: Iterable<FlowId>): readonly BookEntry[] {
    const seen = new Set([...flows].map(keyOf));
    return [...this.#entries].flatMap(([key, entry]) =>
      entry.counts.lastDeniedMs > 0 && !seen.has(key) ? [entry] : [],
    );
  }

  /** Drops what nothing was heard of for so long. */
  sweep(nowMs: number, forMs: number): void {
    for (const [key, { lastMs }] of this.#entries) {
      if (nowMs - lastMs < forMs) return;
      this.#entries.delete(key);
    }
  }

  #touch(id: FlowId, nowMs: number): Entry {
    const key = keyOf(id);
    const known = this.#entries.get(key);
    const entry = known ?? {
      ...{ id, firstMs: nowMs, lastMs: nowMs },
      counts: { allowed: 0, denied: 0, wouldDeny: 0, lastDeniedMs: 0 },
    };
    entry.lastMs = nowMs;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#most && oldest !== undefined) {
      this.#entries.delete(oldest);
      this.forgotten += 1;
    }
    return entry;
  }
}

/** Of several flows together. */
export function addPolicy(
  a: Readonly<PolicyCounts> | undefined,
  b: Readonly<PolicyCounts> | undefined,
): PolicyCounts | undefined {
  const one = a ?? b;
  if (one === undefined) return undefined;
  if (a === undefined || b === undefined) return { ...one };
  return {
    allowed: a.allowed + b.allowed,
    denied: a.denied + b.denied,
    wouldDeny: a.wouldDeny + b.wouldDeny,
    lastDeniedMs: Math.max(a.lastDeniedMs, b.lastDeniedMs),
  };
}

/** Of both ends: what was denied adds up; a connection that came to be did so at both. */
export function joinPolicy(
  a: Readonly<PolicyCounts> | undefined,
  b: Readonly<PolicyCounts> | undefined,
): PolicyCounts | undefined {
  const sum = addPolicy(a, b);
  return sum && { ...sum, allowed: Math.max(a?.allowed ?? 0, b?.allowed ?? 0) };
}
