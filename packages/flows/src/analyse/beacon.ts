import { Acquaintances } from './acquaintances.js';
import type { FlowFinding } from './finding.js';
import type { Step } from './step.js';
import type { Thresholds } from './thresholds.js';

/** Addresses outside that are followed; the one asked longest ago is forgotten first. */
const MOST = 16_384;

/** Connections to somebody outside that come as a clock does, with some jitter. */
export class BeaconDetector {
  readonly #starts = new Map<string, number[]>();
  readonly #limits: Thresholds['beacon'];
  readonly #acquaintances: Acquaintances;

  constructor(thresholds: Thresholds) {
    this.#limits = thresholds.beacon;
    this.#acquaintances = new Acquaintances(thresholds);
  }

  take(step: Step): FlowFinding[] {
    const { flow, nowMs, key, begun, bytesOut, except } = step;
    const { peer, protocol, remote, port } = flow;
    if (peer.kind !== 'external' || protocol !== 'tcp' || except.has('beacon')) return [];
    const isKnown = begun > 0 && this.#acquaintances.isKnown(step);
    const name = `${key} ${remote} ${port}`;
    // Who sends much is no beacon, but a copy that goes in pieces.
    if (bytesOut > this.#limits.mostBytes) this.#starts.delete(name);
    if (begun === 0 || bytesOut > this.#limits.mostBytes) return [];
    const starts = this.#starts.get(name) ?? [];
    this.#starts.delete(name);
    starts.push(nowMs);
    this.#starts.set(name, starts.slice(-this.#limits.connections));
    const [oldest] = this.#starts.keys();
    if (this.#starts.size > MOST && oldest !== undefined) this.#starts.delete(oldest);
    const rhythm = this.#rhythmOf(this.#starts.get(name) ?? []);
    if (rhythm === undefined || isKnown) return [];
    const seconds = Math.round(rhythm.middleMs / 100) / 10;
    const jitter = Math.round(100 * rhythm.jitter);
    return [
      {
        ...{ detector: 'beacon', atMs: nowMs, self: flow.self },
        text: `connected to ${peer.name} (${remote}:${port}) ${this.#limits.connections} times, every ${seconds} s with ${jitter} % jitter`,
        evidence: {
          ...{ peer: peer.name, address: remote, port, connections: this.#limits.connections },
          ...{ intervalMs: Math.round(rhythm.middleMs), jitterPercent: jitter },
        },
      },
    ];
  }

  #rhythmOf(starts: readonly number[]): { readonly middleMs: number; readonly jitter: number } | undefined {
    const { connections, shortestMs, longestMs, jitter, regularShare } = this.#limits;
    if (starts.length < connections) return undefined;
    const intervals = starts.slice(1).map((at, i) => at - (starts[i] ?? at));
    const sorted = intervals.toSorted((a, b) => a - b);
    const middleMs = sorted[Math.floor(sorted.length / 2)] ?? 0;
    if (middleMs < shortestMs || middleMs > longestMs) return undefined;
    const off = intervals.map((interval) => Math.abs(interval - middleMs) / middleMs).sort((a, b) => a - b);
    const regular = off.filter((share) => share <= jitter);
    if (regular.length < regularShare * intervals.length) return undefined;
    return { middleMs, jitter: regular.at(-1) ?? 0 };
  }
}
