import { type PeerBook, selects, type WorkloadPeer } from '@runward/policy';
import type { KnownContainer } from './known-containers.js';

/** Where addresses are read. */
export interface AddressSource {
  /** Of the network namespace a process is in, loopback apart; empty when it is gone. */
  readonly of: (pid: number) => readonly string[];
  readonly isHosts: (pid: number) => boolean;
}

/** What an address book is made of: the containers that run, each with a process of its own. */
export interface Neighbour {
  readonly known: KnownContainer;
  readonly pid: number | undefined;
}

const HOST_PID = 1;
const LINK_LOCAL = /^fe[89ab]/i;

/** Who has which addresses now. One is made for one look at everybody: every namespace is read once. */
export class Addresses {
  readonly #source: AddressSource;
  readonly #read = new Map<number, readonly string[]>();
  readonly #neighbours: readonly Neighbour[];

  constructor(source: AddressSource, neighbours: readonly Neighbour[]) {
    this.#source = source;
    this.#neighbours = neighbours;
  }

  /** As one container sees it. */
  bookFor({ known, pid }: Neighbour): PeerBook {
    return {
      self: pid === undefined || this.#source.isHosts(pid) ? [] : this.#of(pid),
      host: this.#of(HOST_PID),
      kubernetesApi: apiServerOf(known.env),
      workload: (peer) => this.#workload(peer),
    };
  }

  #of(pid: number): readonly string[] {
    const read = this.#read.get(pid) ?? this.#source.of(pid).filter((address) => !LINK_LOCAL.test(address));
    this.#read.set(pid, read);
    return read;
  }

  /** Containers on the host's network have no address that is theirs alone. */
  #workload(peer: WorkloadPeer): readonly string[] {
    const selector = {
      ...{ ...peer, digests: [], runtimes: [] },
      podLabels: new Map(Object.entries(peer.podLabels)),
      containerLabels: new Map(Object.entries(peer.containerLabels)),
    };
    return this.#neighbours.flatMap(({ known, pid }) =>
      pid !== undefined && known.identified && selects(selector, known.workload) && !this.#source.isHosts(pid)
        ? this.#of(pid)
        : [],
    );
  }
}

/** As the kubelet tells every container at its creation; what its processes make of it later does not matter. */
function apiServerOf(env: readonly string[]): readonly string[] {
  const key = 'KUBERNETES_SERVICE_HOST=';
  const host = env.find((each) => each.startsWith(key))?.slice(key.length) ?? '';
  return /^[0-9a-fA-F:.]+$/.test(host) ? [host] : [];
}
