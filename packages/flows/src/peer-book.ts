import { formatIpv6 } from '@runward/events';
import type { FlowId } from './flow.js';

/** Whose an address is on this machine. */
export interface AddressOwner {
  readonly netns: number;
  /** Who lives there; alone where the other half of the flow was counted, first of all. */
  readonly cgroups: readonly number[];
}

/** Of each kind of entry; beyond it the oldest are forgotten. */
const MOST = 65_536;

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

/**
 * Who is behind an address of this machine. Several containers may share a network namespace and its addresses (a pod);
 * which of them is at the end of a flow is told by the flows themselves: each is counted at both of its ends.
 */
export class PeerBook {
  /** address → network namespaces that have it; private ranges may be in several. */
  readonly #namespaces = new Map<string, Set<number>>();
  readonly #residents = new Map<number, Set<number>>();
  /** Who serves a port of a namespace, who asks a port of an address from a namespace. */
  readonly #serving = new Map<string, number>();
  readonly #asking = new Map<string, number>();

  /** An address of a namespace, and a cgroup that lives there. */
  note(address: string, netns: number, cgroup?: number): void {
    if (cgroup !== undefined) setOf(this.#residents, netns).add(cgroup);
    if (address === '' || address === '0.0.0.0' || address === '::' || isLoopback(address)) return;
    setOf(this.#namespaces, address).add(netns);
  }

  noteFlow({ role, netns, protocol, remote, port, cgroup }: FlowId, local: string): void {
    this.note(local, netns, cgroup);
    if (role === 'server') put(this.#serving, `${netns} ${protocol} ${port}`, cgroup);
    if (role === 'client') put(this.#asking, `${netns} ${protocol} ${remote} ${port}`, cgroup);
  }

  /** A container is gone: its addresses may be another's soon. */
  forget(cgroups: ReadonlySet<number>): void {
    for (const [netns, residents] of this.#residents) {
      for (const cgroup of cgroups) residents.delete(cgroup);
      if (residents.size > 0) continue;
      this.#residents.delete(netns);
      for (const [address, namespaces] of this.#namespaces)
        if (namespaces.delete(netns) && namespaces.size === 0) this.#namespaces.delete(address);
    }
    for (const map of [this.#serving, this.#asking])
      for (const [key, cgroup] of map) if (cgroups.has(cgroup)) map.delete(key);
  }

  /** The other end of a flow; undefined when its address is none of this machine. */
  find(id: FlowId, local: string): AddressOwner | undefined {
    const netns = isLoopback(id.remote) || id.remote === local ? id.netns : this.#namespaceOf(id, local);
    if (netns === undefined) return undefined;
    const other = this.#otherHalf(id, local, netns);
    return { netns, cgroups: other === undefined ? [...(this.#residents.get(netns) ?? [])] : [other] };
  }

  #otherHalf({ role, protocol, port }: FlowId, local: string, netns: number): number | undefined {
    return role === 'client'
      ? this.#serving.get(`${netns} ${protocol} ${port}`)
      : this.#asking.get(`${netns} ${protocol} ${local} ${port}`);
  }

  /** Of several namespaces with that address the one that has the other half of the flow. */
  #namespaceOf(id: FlowId, local: string): number | undefined {
    const namespaces = this.#namespaces.get(id.remote);
    if (namespaces === undefined) return undefined;
    const [first] = namespaces;
    if (namespaces.size === 1) return first;
    return [...namespaces].find((netns) => this.#otherHalf(id, local, netns) !== undefined) ?? first;
  }

  knows(address: string): boolean {
    return this.#namespaces.has(address);
  }
}

function setOf<K, V>(map: Map<K, Set<V>>, key: K): Set<V> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const fresh = new Set<V>();
  put(map, key, fresh);
  return fresh;
}

function put<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value);
  if (map.size <= MOST) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}

/** Addresses of a network namespace, from `fib_trie` and `if_inet6` of /proc/PID/net. */
export function localAddresses(fibTrie: string, inet6: string): string[] {
  const found = new Set<string>();
  let address = '';
  for (const line of fibTrie.split('\n')) {
    const named = /\|-- ([\d.]+)/.exec(line)?.[1];
    if (named !== undefined) address = named;
    else if (line.includes('/32 host LOCAL')) found.add(address);
  }
  for (const line of inet6.split('\n')) {
    const hex = line.slice(0, 32);
    if (!/^[0-9a-f]{32}$/.test(hex)) continue;
    found.add(
      formatIpv6(
        Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
        0,
      ),
    );
  }
  return [...found].filter((each) => !isLoopback(each));
}
