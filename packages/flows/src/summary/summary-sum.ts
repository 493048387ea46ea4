import { addCounters, type FlowCounters, noCounters } from '../counters.js';
import type { Flow, FlowRole } from '../flow.js';
import { addPolicy, type PolicyCounts } from '../verdict-book.js';
import type { AddressSet, FlowSummary } from './flow-summary.js';

const MOST_ADDRESSES = 16;
const MOST_SERVICES = 8;

class Addresses {
  readonly #all = new Set<string>();

  add(address: string): void {
    if (address !== '') this.#all.add(address);
  }

  take(other: Addresses): void {
    for (const address of other.#all) this.#all.add(address);
  }

  get bounded(): AddressSet {
    const known = [...this.#all].slice(0, MOST_ADDRESSES);
    return { known, more: this.#all.size - known.length };
  }
}

/** Flows that belong together, added up. */
export class SummarySum {
  readonly #first: Flow;
  readonly #counters = noCounters();
  readonly #self = new Addresses();
  readonly #peer = new Addresses();
  readonly #services = new Set<string>();
  #policy: PolicyCounts | undefined;
  #open = 0;

  constructor(first: Flow) {
    this.#first = first;
  }

  get role(): FlowRole {
    return this.#first.role;
  }

  get denied(): number {
    return (this.#policy?.denied ?? 0) + (this.#policy?.wouldDeny ?? 0);
  }

  /** By how much it is worth to be told by itself. */
  get weight(): number {
    const { attempts, established, bytesIn, bytesOut } = this.#counters;
    return Math.max(attempts, established) * 1000 + bytesIn + bytesOut;
  }

  add(flow: Flow, grown: FlowCounters, policy: PolicyCounts | undefined): void {
    addCounters(this.#counters, grown);
    this.#policy = addPolicy(this.#policy, policy);
    this.#open += flow.open;
    this.#self.add(flow.local);
    this.#peer.add(flow.remote);
    const { service } = flow.peer;
    if (service !== undefined && this.#services.size < MOST_SERVICES)
      this.#services.add(`${service.address}:${service.port}`);
  }

  get summary(): FlowSummary {
    const { role, protocol, port, self, peer } = this.#first;
    // Where a service led to one backend, the flow is its; the backend's own view has its own port.
    const isBackend = role === 'client' && peer.service !== undefined && peer.port !== undefined;
    return {
      ...{ role, protocol, self, peer, port: isBackend ? (peer.port ?? port) : port },
      ...{ selfAddresses: this.#self.bounded, peerAddresses: this.#peer.bounded },
      services: [...this.#services],
      ...{ counters: this.#counters, policy: this.#policy, open: this.#open },
    };
  }

  /** This and others that have no room, as one without a peer. */
  others(more: readonly SummarySum[]): FlowSummary {
    for (const sum of more) {
      addCounters(this.#counters, sum.#counters);
      this.#policy = addPolicy(this.#policy, sum.#policy);
      this.#open += sum.#open;
      this.#self.take(sum.#self);
      this.#peer.take(sum.#peer);
    }
    return { ...this.summary, protocol: '', port: 0, peer: undefined, services: [] };
  }
}
