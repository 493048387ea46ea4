import { globTest } from '../words.js';
import type { Detector, FlowFinding } from './finding.js';
import type { Step } from './step.js';
import type { Thresholds } from './thresholds.js';

/** Whom a container asks says enough: metadata services of clouds, the network of Tor, proxies and mining pools outside. */
export class DestinationDetector {
  readonly #limits: Thresholds['destination'];
  readonly #isPool: (name: string) => boolean;

  constructor({ destination }: Thresholds) {
    this.#limits = destination;
    const tests = destination.miningNames.map(globTest);
    this.#isPool = (name) => tests.some((fits) => fits(name));
  }

  take(step: Step): FlowFinding[] {
    const { flow, nowMs, begun, answered } = step;
    const { remote, port, protocol, peer } = flow;
    // The answer may be seen a read later than the attempt.
    if ((begun === 0 && answered === 0) || protocol !== 'tcp') return [];
    const { metadata, torPorts, proxyPorts, miningPorts } = this.#limits;
    const isOutside = peer.kind === 'external' && answered > 0;
    const kinds: readonly (readonly [Detector, boolean, string])[] = [
      ['metadata-access', metadata.includes(remote), 'the metadata service of the cloud'],
      ['tor', isOutside && torPorts.includes(port), 'a port of Tor outside'],
      ['proxy', isOutside && proxyPorts.includes(port), 'a port of proxies outside'],
      ...this.#mining(flow, isOutside && miningPorts.includes(port)),
    ];
    return kinds.flatMap(([detector, is, what]) =>
      is
        ? [
            {
              ...{ detector, atMs: nowMs, self: flow.self },
              text: `connected to ${what}: ${peer.name === remote ? remote : `${peer.name} (${remote})`}:${port}`,
              evidence: { peer: peer.name, address: remote, port },
            },
          ]
        : [],
    );
  }

  /** By name answered or not: pools serve at any port. */
  #mining({ peer }: Step['flow'], isPort: boolean): readonly (readonly [Detector, boolean, string])[] {
    const isName = peer.kind === 'external' && [peer.name, ...(peer.names ?? [])].some(this.#isPool);
    const what = isName ? 'a mining pool' : 'a port of mining pools outside';
    return [['mining-pool', isName || isPort, what]];
  }
}
