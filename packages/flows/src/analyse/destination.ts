import type { Detector, FlowFinding } from './finding.js';
import type { Step } from './step.js';
import type { Thresholds } from './thresholds.js';

/** Whom a container asks says enough: metadata services of clouds, the network of Tor, proxies outside. */
export class DestinationDetector {
  readonly #limits: Thresholds['destination'];

  constructor({ destination }: Thresholds) {
    this.#limits = destination;
  }

  take(step: Step): FlowFinding[] {
    const { flow, nowMs, begun, answered } = step;
    const { remote, port, protocol, peer } = flow;
    if (begun === 0 || protocol !== 'tcp') return [];
    const { metadata, torPorts, proxyPorts } = this.#limits;
    const isOutside = peer.kind === 'external' && answered > 0;
    const kinds: readonly (readonly [Detector, boolean, string])[] = [
      ['metadata-access', metadata.includes(remote), 'the metadata service of the cloud'],
      ['tor', isOutside && torPorts.includes(port), 'a port of Tor outside'],
      ['proxy', isOutside && proxyPorts.includes(port), 'a port of proxies outside'],
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
}
