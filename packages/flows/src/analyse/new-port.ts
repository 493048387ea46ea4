import type { FlowFinding } from './finding.js';
import type { Step } from './step.js';
import type { Thresholds } from './thresholds.js';

interface Past {
  readonly sinceMs: number;
  /** With their protocols. */
  readonly ports: Set<string>;
}

const HOUR_MS = 3_600_000;
const MOST_CONTAINERS = 1024;

/** A port or protocol that a container did not speak before, while it has kept to a few. */
export class NewPortDetector {
  readonly #pasts = new Map<string, Past>();
  readonly #limits: Thresholds['newPort'];

  constructor({ newPort }: Thresholds) {
    this.#limits = newPort;
  }

  take(step: Step): FlowFinding[] {
    const { flow, nowMs, key, except } = step;
    const past = this.#pastOf(key, nowMs);
    if (!isSpoken(step) || except.has('new-port')) return [];
    const { protocol, port, peer, remote, self } = flow;
    const name = port === 0 ? protocol : `${protocol}/${port}`;
    // Of who speaks many ports one more says nothing; nor are more remembered.
    if (past.ports.has(name) || past.ports.size > this.#limits.mostPorts) return [];
    past.ports.add(name);
    const age = nowMs - past.sinceMs;
    if (age < this.#limits.historyMs || past.ports.size > this.#limits.mostPorts) return [];
    const hours = Math.floor(age / HOUR_MS);
    const others = past.ports.size - 1;
    return [
      {
        ...{ detector: 'new-port', atMs: nowMs, self },
        text: `spoke ${name} with ${peer.name}, which it did not in the ${hours} h before; it kept to ${others} others`,
        evidence: { peer: peer.name, address: remote, port, protocol, knownHours: hours, knownPorts: others },
      },
    ];
  }

  #pastOf(key: string, nowMs: number): Past {
    const past = this.#pasts.get(key) ?? { sinceMs: nowMs, ports: new Set() };
    this.#pasts.delete(key);
    this.#pasts.set(key, past);
    const [oldest] = this.#pasts.keys();
    if (this.#pasts.size > MOST_CONTAINERS && oldest !== undefined) this.#pasts.delete(oldest);
    return past;
  }
}

/** What is tried in vain is a scan's business. */
function isSpoken({ flow, answered }: Step): boolean {
  const { protocol, counters } = flow;
  return protocol === 'tcp' ? answered > 0 : counters.packetsOut > 0 && counters.packetsIn > 0;
}
