import { type FlowCounters, failuresOf, noCounters } from '../counters.js';
import type { Flow } from '../flow.js';
import type { Detector } from './finding.js';
import type { Subject } from './settings.js';

/** What happened in a flow since it was looked at last. */
export interface Step {
  readonly flow: Flow;
  readonly nowMs: number;
  /** Names the container. */
  readonly key: string;
  /** Connections begun; of UDP and others packets sent. */
  readonly begun: number;
  readonly failed: number;
  readonly answered: number;
  /** Payload that left. */
  readonly bytesOut: number;
  /** Who is not to look. */
  readonly except: ReadonlySet<Detector>;
}

const MOST_FLOWS = 80_000;

/** Flows are told with all they ever counted: this says what is new. */
export class Steps {
  readonly #last = new Map<string, FlowCounters>();
  readonly #exceptionsOf: (subject: Subject) => ReadonlySet<Detector>;

  constructor(exceptionsOf: (subject: Subject) => ReadonlySet<Detector>) {
    this.#exceptionsOf = exceptionsOf;
  }

  of(flow: Flow, nowMs: number): Step | undefined {
    const { self, role, protocol, remote, port, counters } = flow;
    if (role !== 'client' || self.container === undefined) return undefined;
    const key = self.container.id;
    const name = `${key} ${protocol} ${remote} ${port}`;
    const before = this.#last.get(name) ?? noCounters();
    this.#last.delete(name);
    this.#last.set(name, { ...counters });
    const [oldest] = this.#last.keys();
    if (this.#last.size > MOST_FLOWS && oldest !== undefined) this.#last.delete(oldest);
    // A flow that was forgotten in between begins anew.
    const grown = (now: number, then: number): number => (now < then ? now : now - then);
    const isTcp = protocol === 'tcp';
    return {
      ...{ flow, nowMs, key, except: this.#exceptionsOf(subjectOf(flow)) },
      begun: isTcp
        ? grown(counters.attempts, before.attempts)
        : grown(counters.packetsOut, before.packetsOut),
      failed: grown(failuresOf(counters), failuresOf(before)),
      answered: isTcp
        ? grown(counters.established, before.established)
        : grown(counters.packetsIn, before.packetsIn),
      bytesOut: grown(counters.bytesOut, before.bytesOut),
    };
  }
}

const subjectOf = ({ self, peer, remote, port }: Flow): Subject => ({
  ...{ self, address: remote, names: [peer.name, ...(peer.names ?? [])], port },
});
