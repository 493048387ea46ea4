import type { AddressNames } from '@runward/events';
import { type Endpoint, PeerBook, type TableEntry } from '@runward/flows';
import type { Residents } from './residents.js';
import type { Translations } from './translations.js';

/** Which names the addresses have that a cgroup met. */
export type NamesOf = (cgroup: number) => AddressNames | undefined;

/** What was found of the other end behind a translation, kept after connection tracking forgot it. */
interface Behind {
  readonly backends: readonly { readonly address: string; readonly port: number }[];
  readonly origin: { readonly client: string; readonly target: string; readonly port: number } | undefined;
}

const isContainer = ({ kind }: Endpoint): boolean => kind === 'container';

/** Several containers share the address, and which is meant is not known: it is their pod, or one of them. */
function podEnd(end: Endpoint): Endpoint {
  const { container } = end;
  if (container?.pod === undefined) return end;
  const { pod, workload } = container;
  return { ...end, name: pod.name, container: { id: '', name: pod.name, image: '', workload, pod } };
}

const hostEnd = (address: string): Endpoint => ({ kind: 'host', name: 'host', address });

/** Says who the ends of a flow are. */
export class Ends {
  readonly book = new PeerBook();
  readonly #residents: Pick<Residents, 'of' | 'hostNetns'>;
  readonly #translations: Pick<Translations, 'current'>;
  readonly #names: NamesOf;
  readonly #behind = new WeakMap<object, Behind>();
  readonly #known = new WeakMap<object, Endpoint>();

  constructor(
    residents: Pick<Residents, 'of' | 'hostNetns'>,
    translations: Pick<Translations, 'current'>,
    names: NamesOf,
  ) {
    this.#residents = residents;
    this.#translations = translations;
    this.#names = names;
  }

  /** The end whose sockets were counted. */
  self({ id, local }: TableEntry): Endpoint {
    return this.ofCgroup(id.cgroup, local);
  }

  /** What was known of it once stays known when its container ended or an answer ran out. */
  peer(entry: TableEntry): Endpoint {
    const now = this.#peerNow(entry);
    if (now.kind === 'external' && now.name === now.address) return this.#known.get(entry) ?? now;
    this.#known.set(entry, now);
    return now;
  }

  #peerNow(entry: TableEntry): Endpoint {
    const { id, local } = entry;
    const near = this.#near(entry, id.remote);
    if (near?.kind === 'container') return near;
    const { backends, origin } = this.#look(entry);
    if (origin !== undefined) {
      const end = this.#near(entry, origin.client) ?? this.#external(id.cgroup, origin.client);
      const isMeant = id.port === origin.port && local === origin.target;
      return isMeant ? end : { ...end, service: { address: origin.target, port: origin.port } };
    }
    if (near !== undefined) return near;
    if (backends.length > 0) return this.#service(entry, backends);
    return this.#external(id.cgroup, id.remote);
  }

  #service(entry: TableEntry, backends: Behind['backends']): Endpoint {
    const { id } = entry;
    const service = { address: id.remote, port: id.port };
    const ends = backends.map(({ address, port }) => ({
      end: this.#near(entry, address, port),
      address,
      port,
    }));
    const [first] = ends;
    const workload = first?.end?.container?.workload;
    // Several replicas of one workload are one end; which of them is at the other half of the flows.
    if (workload !== undefined && ends.every(({ end }) => end?.container?.workload === workload))
      return {
        ...first?.end,
        kind: 'container',
        name: first?.end?.name ?? '',
        address: '',
        port: first?.port,
        service,
      };
    if (ends.length === 1 && first?.end?.kind === 'host') return { ...first.end, port: first.port, service };
    if (ends.length === 1 && first !== undefined)
      return { ...this.#external(id.cgroup, first.address), port: first.port, service };
    const names = this.#names(id.cgroup)?.namesOf(id.remote) ?? [];
    return { kind: 'service', name: names[0] ?? id.remote, address: id.remote, names, service };
  }

  /** On this machine. */
  #near({ id, local }: TableEntry, remote: string, port = id.port): Endpoint | undefined {
    const owner = this.book.find({ ...id, remote, port }, local);
    if (owner === undefined) return undefined;
    const isHosts = owner.netns === this.#residents.hostNetns;
    const ends = owner.cgroups.map((cgroup) => this.ofCgroup(cgroup, remote)).filter(isContainer);
    const [first] = ends;
    // Nobody is known to be at the other half: on the host's network that is the host.
    if (first === undefined || (isHosts && owner.cgroups.length > 1))
      return isHosts ? hostEnd(remote) : undefined;
    return ends.every(({ container }) => container?.id === first.container?.id) ? first : podEnd(first);
  }

  ofCgroup(cgroup: number, address: string): Endpoint {
    const resident = this.#residents.of(cgroup);
    if (resident.kind === 'container')
      return { kind: 'container', name: resident.container.name, address, container: resident.container };
    if (resident.kind === 'host') return hostEnd(address);
    return { kind: 'external', name: `cgroup ${cgroup} (not identified)`, address };
  }

  #external(cgroup: number, address: string): Endpoint {
    const names = this.#names(cgroup)?.namesOf(address) ?? [];
    return { kind: 'external', name: names[0] ?? address, address, names };
  }

  #look(entry: TableEntry): Behind {
    const known = this.#behind.get(entry);
    if (known !== undefined) return known;
    const { id, local } = entry;
    const { current } = this.#translations;
    const behind: Behind =
      id.role === 'client'
        ? { backends: current.backends(id.protocol, local, id.remote, id.port), origin: undefined }
        : { backends: [], origin: current.origin(id.protocol, local, id.port, id.remote) };
    if (behind.backends.length > 0 || behind.origin !== undefined) this.#behind.set(entry, behind);
    return behind;
  }
}
