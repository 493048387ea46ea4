import type { ContainerInfo } from '@runward/events';
import { type ContainerEnd, workloadName } from '@runward/flows';
import { parseCgroupPath } from '@runward/runtimes/cgroup-path';
import {
  findContainerHierarchy,
  groupMembers,
  hierarchyOf,
  listCgroups,
  namespaceId,
} from '@runward/sensor/flows';
import { canBeContainer, type Identity, type IdentityRequest } from '@runward/tracker';
import { addressesOf, ancestryOf, hasOwnV2Group } from './process-facts.js';

/** Whom the agent's part of flows asks about cgroups. */
export interface ContainerSource {
  identify(request: IdentityRequest): Promise<Identity>;
  containerOf(cgroup: number): ContainerInfo | undefined;
}

/** Whose a cgroup is. `gone`: it ended before anybody could say. */
export type Resident =
  | { readonly kind: 'container'; readonly container: ContainerEnd; readonly info: ContainerInfo }
  | { readonly kind: 'host' }
  | { readonly kind: 'asked' }
  | { readonly kind: 'gone' };

/** A cgroup whose processes are in a network namespace with these addresses. */
export interface Dwelling {
  readonly cgroup: number;
  readonly netns: number;
  readonly addresses: readonly string[];
  readonly isHost: boolean;
}

const LIST_AGAIN_MS = 1000;
/** The host has group 1 and, of version 1, that of its mark. */
const ROOTS: ReadonlySet<string> = new Set(['/', '']);
const HOST: Resident = { kind: 'host' };
const MOST = 16_384;

/** Which container, if any, a cgroup is: what the sensor met, else what the machine and the runtimes say now. */
export class Residents {
  readonly hostNetns = namespaceId(process.pid, 'net');
  readonly #hostMntns = namespaceId(1, 'mnt');
  readonly #hierarchy = findContainerHierarchy();
  readonly #source: ContainerSource;
  readonly #known = new Map<number, Resident>();
  readonly #paths = new Map<number, string>();
  readonly #asked = new Set<Promise<void>>();
  #listedAtMs = Number.NEGATIVE_INFINITY;

  constructor(source: ContainerSource) {
    this.#source = source;
  }

  /** What is known now; asks where nothing is. */
  of(cgroup: number): Resident {
    const known = this.#known.get(cgroup);
    if (known !== undefined && known.kind !== 'asked') return known;
    const met = this.#source.containerOf(cgroup);
    if (met !== undefined) return this.#settle(cgroup, containerResident(met));
    return known ?? this.#ask(cgroup);
  }

  /** All that is known of a container; undefined: the cgroup is none's, or not known yet. */
  infoOf(cgroup: number): ContainerInfo | undefined {
    const resident = this.of(cgroup);
    return resident.kind === 'container' ? resident.info : undefined;
  }

  /** Resolves when everything asked up to now is answered. */
  async settled(): Promise<void> {
    await Promise.all(this.#asked);
  }

  /** Looks at every group there is: containers that do not talk are peers all the same. */
  survey(): Dwelling[] {
    this.#listedAtMs = Number.NEGATIVE_INFINITY;
    this.#list();
    const found: Dwelling[] = [];
    const namespaces = new Map<number, readonly string[]>();
    for (const [cgroup, path] of this.#paths) {
      const pid = groupMembers(this.#hierarchy, cgroup, path)[0];
      // A process is named by its group of version 2 where that is not the root: the other is its twin.
      if (pid === undefined || (hierarchyOf(cgroup, this.#hierarchy) !== 0 && hasOwnV2Group(pid))) continue;
      const netns = namespaceId(pid, 'net');
      if (netns === 0) continue;
      const isContainer = this.of(cgroup).kind === 'container';
      if (!isContainer && netns === this.hostNetns) continue;
      const addresses = namespaces.get(netns) ?? addressesOf(pid);
      namespaces.set(netns, addresses);
      found.push({ cgroup, netns, addresses, isHost: netns === this.hostNetns });
    }
    return found;
  }

  /** Those of the given groups that {@link survey} did not find. */
  gone(cgroups: Iterable<number>): number[] {
    return [...cgroups].filter((cgroup) => !this.#paths.has(cgroup));
  }

  forget(cgroup: number): void {
    this.#known.delete(cgroup);
  }

  /** Every group, at most once a second. */
  #list(): void {
    const now = performance.now();
    if (now - this.#listedAtMs < LIST_AGAIN_MS) return;
    this.#listedAtMs = now;
    this.#paths.clear();
    listCgroups(this.#hierarchy, (cgroup, path) => this.#paths.set(cgroup, path));
  }

  #ask(cgroup: number): Resident {
    if (!this.#paths.has(cgroup)) this.#list();
    const path = this.#paths.get(cgroup);
    if (path === undefined) return { kind: 'gone' }; // the sensor may still be about to tell
    if (ROOTS.has(path)) return this.#settle(cgroup, HOST);
    const pid = groupMembers(this.#hierarchy, cgroup, path)[0];
    if (pid === undefined) return { kind: 'gone' };
    const isNamed = parseCgroupPath(path) !== undefined;
    const ownNamespaces = namespaceId(pid, 'mnt') !== this.#hostMntns;
    if (!isNamed && !(ownNamespaces && canBeContainer(path))) return this.#settle(cgroup, HOST);
    const { args, cwds } = ancestryOf(pid);
    const asked = this.#source
      .identify({
        ...{ cgroup, cgroupPath: path, pid, ownNamespaces, ownRoot: !isNamed },
        ...{ ancestorArgs: args, ancestorCwds: cwds },
      })
      .then((identity) => {
        this.#settle(cgroup, identity.kind === 'host' ? HOST : containerResident(identity.info));
      })
      .finally(() => this.#asked.delete(asked));
    this.#asked.add(asked);
    return this.#settle(cgroup, { kind: 'asked' });
  }

  #settle(cgroup: number, resident: Resident): Resident {
    this.#known.set(cgroup, resident);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest);
    return resident;
  }
}

function containerResident(info: ContainerInfo): Resident {
  const { id, name, image, pod, startedAtNs } = info;
  return {
    kind: 'container',
    info,
    container: {
      ...{ id, name, image, workload: workloadName(name, pod) },
      ...(startedAtNs > 0n ? { startedMs: Number(startedAtNs / 1_000_000n) } : {}),
      pod: pod === undefined ? undefined : { name: pod.name, namespace: pod.namespace },
    },
  };
}
