import type { FlowFinding } from './finding.js';
import type { Step } from './step.js';
import type { Thresholds } from './thresholds.js';

interface Past {
  readonly sinceMs: number;
  /** By peer outside, the one asked last at the end: what it was sent in the hour that runs. */
  readonly peers: Map<string, { hour: number; bytes: number }>;
  /** The most any peer was sent within an hour that is over. */
  mostBytes: number;
}

const HOUR_MS = 3_600_000;
const MIB = 1024 * 1024;
const MOST_CONTAINERS = 1024;
const MOST_PEERS = 1024;

/** What a container never did before: a peer outside that is new, more sent to one than ever. */
export class HistoryDetector {
  readonly #pasts = new Map<string, Past>();
  readonly #limits: Thresholds;

  constructor(limits: Thresholds) {
    this.#limits = limits;
  }

  take(step: Step): FlowFinding[] {
    const { flow, nowMs, key, begun, bytesOut } = step;
    if (flow.peer.kind !== 'external' || (begun === 0 && bytesOut === 0)) return [];
    const past = this.#pastOf(key, nowMs);
    const hour = Math.floor(nowMs / HOUR_MS);
    // By name where one is known: services outside have many addresses.
    const { name } = flow.peer;
    const known = past.peers.get(name);
    if (known !== undefined && known.hour !== hour) past.mostBytes = Math.max(past.mostBytes, known.bytes);
    const bytes = (known?.hour === hour ? known.bytes : 0) + (step.except.has('volume') ? 0 : bytesOut);
    past.peers.delete(name);
    past.peers.set(name, { hour, bytes });
    const [oldest] = past.peers.keys();
    if (past.peers.size > MOST_PEERS && oldest !== undefined) past.peers.delete(oldest);
    const age = nowMs - past.sinceMs;
    return [
      ...(known === undefined && age >= this.#limits.newPeer.historyMs ? [newPeer(step, age)] : []),
      ...this.#volume(step, past, bytes, age),
    ];
  }

  #pastOf(key: string, nowMs: number): Past {
    const past = this.#pasts.get(key) ?? { sinceMs: nowMs, peers: new Map(), mostBytes: 0 };
    this.#pasts.delete(key);
    this.#pasts.set(key, past);
    const [oldest] = this.#pasts.keys();
    if (this.#pasts.size > MOST_CONTAINERS && oldest !== undefined) this.#pasts.delete(oldest);
    return past;
  }

  #volume({ flow, nowMs }: Step, past: Past, sent: number, age: number): FlowFinding[] {
    const { bytes, factor, historyMs } = this.#limits.volume;
    if (age < historyMs || sent < bytes || sent < factor * past.mostBytes) return [];
    const { peer, self, remote, port } = flow;
    const mib = (count: number): number => Math.round(count / MIB);
    return [
      {
        ...{ detector: 'volume', atMs: nowMs, self },
        text: `sent ${mib(sent)} MiB to ${peer.name} within the hour; the most in an hour before was ${mib(past.mostBytes)} MiB`,
        evidence: { peer: peer.name, address: remote, port, bytes: sent, mostBefore: past.mostBytes },
      },
    ];
  }
}

function newPeer({ flow, nowMs }: Step, age: number): FlowFinding {
  const { peer, self, remote, port, protocol } = flow;
  const hours = Math.floor(age / HOUR_MS);
  return {
    ...{ detector: 'new-peer', atMs: nowMs, self },
    text: `asked ${peer.name} at ${protocol}/${port}, which it did not in the ${hours} h before`,
    evidence: { peer: peer.name, address: remote, port, protocol, knownHours: hours },
  };
}
