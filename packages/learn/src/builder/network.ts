import type { NetworkObservation } from '@runward/policy';
import type { Executables } from './executables.js';
import { compare } from './files.js';
import { addBy, LIMITS } from './limits.js';
import { type Moment, News, Tally } from './tally.js';

export type NetworkOperation = NetworkObservation['operation'];
export type Family = NetworkObservation['family'];
export type Protocol = NetworkObservation['protocol'];

const OPERATIONS: readonly NetworkOperation[] = ['connect', 'bind', 'listen', 'accept', 'create'];
const FAMILIES: readonly Family[] = ['ipv4', 'ipv6', 'unix', 'netlink', 'packet', 'other'];
const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp', 'raw', 'sctp', 'icmp', 'other'];
/** Ports the kernel gives to who asks for none (net.ipv4.ip_local_port_range). */
const EPHEMERAL = 32_768;
const EPHEMERAL_KEPT = 16;

interface Entry {
  readonly operation: NetworkOperation;
  readonly family: Family;
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
  readonly tally: Tally;
  readonly by: number[];
  names: readonly string[];
}

/** Entries of one operation, family and protocol. */
interface Kind {
  readonly byAddress: Map<string, Map<number, Entry>>;
  /** Addresses per port, and ephemeral ports altogether, to know when there are too many to tell apart. */
  readonly addresses: Map<number, number>;
  ephemeral: number;
}

/** Peers and sockets, looked up by numbers first and by address then. */
export class Network {
  readonly #kinds = new Map<number, Kind>();
  readonly #executables: Executables;
  #size = 0;
  #omitted = 0;

  constructor(executables: Executables) {
    this.#executables = executables;
  }

  get omitted(): number {
    return this.#omitted;
  }

  /** `names` are those the container knew the address by. */
  note(
    operation: NetworkOperation,
    family: Family,
    protocol: Protocol,
    address: string,
    port: number,
    names: readonly string[],
    executable: number,
    moment: Moment,
  ): number {
    const kind = this.#kindOf(operation, family, protocol);
    const entry =
      kind.byAddress.get(address)?.get(port) ?? this.#meet(kind, operation, family, protocol, address, port);
    if (entry === undefined) return News.nothing;
    let news = entry.tally.touch(moment);
    if (addBy(entry.by, executable)) news |= News.phase;
    for (const name of names) {
      if (entry.names.includes(name) || entry.names.length >= LIMITS.by || entry.address === '') continue;
      entry.names = [...entry.names, name].sort();
      news |= News.phase;
    }
    return news;
  }

  #kindOf(operation: NetworkOperation, family: Family, protocol: Protocol): Kind {
    const key =
      OPERATIONS.indexOf(operation) * 64 + FAMILIES.indexOf(family) * 8 + PROTOCOLS.indexOf(protocol);
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const made = { byAddress: new Map(), addresses: new Map(), ephemeral: 0 };
    this.#kinds.set(key, made);
    return made;
  }

  #meet(
    kind: Kind,
    operation: NetworkOperation,
    family: Family,
    protocol: Protocol,
    address: string,
    port: number,
  ): Entry | undefined {
    const isEphemeral = operation === 'bind' && port >= EPHEMERAL;
    const kept = isEphemeral && kind.ephemeral >= EPHEMERAL_KEPT ? 0 : port;
    const others = kind.addresses.get(kept) ?? 0;
    const place = others < LIMITS.addressesPerPort ? address : '';
    const known = kind.byAddress.get(place)?.get(kept);
    if (known !== undefined) return known;
    if (this.#size >= LIMITS.network) {
      this.#omitted += 1;
      return undefined;
    }
    if (isEphemeral && kept !== 0) kind.ephemeral += 1;
    return this.#add(kind, {
      operation,
      family,
      protocol,
      address: place,
      port: kept,
      tally: new Tally(),
      by: [],
      names: [],
    });
  }

  #add(kind: Kind, entry: Entry): Entry {
    const ports = kind.byAddress.get(entry.address) ?? new Map<number, Entry>();
    kind.byAddress.set(entry.address, ports.set(entry.port, entry));
    kind.addresses.set(entry.port, (kind.addresses.get(entry.port) ?? 0) + 1);
    this.#size += 1;
    return entry;
  }

  restore(observations: readonly NetworkObservation[]): void {
    for (const seen of observations.slice(0, LIMITS.network)) {
      const { operation, family, protocol, address, port, names } = seen;
      const kind = this.#kindOf(operation, family, protocol);
      if (operation === 'bind' && port >= EPHEMERAL) kind.ephemeral += 1;
      const by = this.#executables.ids(seen.by);
      this.#add(kind, { operation, family, protocol, address, port, names, tally: Tally.restore(seen), by });
    }
  }

  observations(): readonly NetworkObservation[] {
    return [...this.#kinds.values()]
      .flatMap(({ byAddress }) => [...byAddress.values()].flatMap((ports) => [...ports.values()]))
      .map(({ tally, by, ...entry }) => ({ ...entry, by: this.#executables.paths(by), ...tally.seen }))
      .sort(
        (a, b) =>
          compare(a.operation, b.operation) ||
          compare(a.family, b.family) ||
          compare(a.protocol, b.protocol) ||
          compare(a.address, b.address) ||
          a.port - b.port,
      );
  }
}
