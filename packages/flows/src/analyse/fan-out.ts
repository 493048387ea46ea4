import type { FlowFinding } from './finding.js';
import type { Step } from './step.js';
import type { Thresholds } from './thresholds.js';

const MOST_CONTAINERS = 1024;
/** Of one container; the one asked longest ago is forgotten first. */
const MOST_HOSTS = 256;
const MOST_NAMED = 10;
/** RFC 1918, RFC 6598, link-local, RFC 4193. */
const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|169\.254\.|f[cd]|fe80:)/;

/** A container that goes from neighbour to neighbour at ports by which machines are administered. */
export class FanOutDetector {
  readonly #asked = new Map<string, Map<string, number>>();
  readonly #limits: Thresholds['fanOut'];

  constructor({ fanOut }: Thresholds) {
    this.#limits = fanOut;
  }

  take({ flow, nowMs, key, begun, except }: Step): FlowFinding[] {
    const { remote, port, protocol, peer, self } = flow;
    const { hosts, windowMs, ports } = this.#limits;
    if (begun === 0 || protocol !== 'tcp' || !ports.includes(port) || except.has('fan-out')) return [];
    if (peer.kind === 'external' && !PRIVATE.test(remote)) return [];
    const asked = this.#asked.get(key) ?? new Map<string, number>();
    keep(this.#asked, key, asked, MOST_CONTAINERS);
    keep(asked, remote, nowMs, MOST_HOSTS);
    const recent = [...asked].filter(([, atMs]) => nowMs - atMs <= windowMs).map(([address]) => address);
    if (recent.length < hosts) return [];
    const minutes = Math.round(windowMs / 60_000);
    return [
      {
        ...{ detector: 'fan-out', atMs: nowMs, self },
        text: `asked ${recent.length} neighbours at ports of administration within ${minutes} min, port ${port} last`,
        evidence: { targets: recent.length, windowMs, port, examples: recent.slice(-MOST_NAMED).join(' ') },
      },
    ];
  }
}

/** Last in a map that forgets its first when it is full. */
function keep<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
