import type { ContainerInfo } from '@runward/events';
import { testContainer } from '@runward/events/testing';
import type { TrafficVerdict } from '@runward/flows';
import { compileForKernel, readPolicies } from '@runward/policy';
import type { IdentityRequest } from '@runward/tracker';
import type { VerdictRecord } from '../../verdict-desk.js';
import type { Groups } from '../host-groups.js';
import { EnforcementService } from '../service.js';
import type { CreationHold } from '../standing.js';
import type { Workshop } from '../workshop.js';
import { FakeKernel } from './fake-kernel.js';

export interface FakeContainer {
  readonly cgroup: number;
  readonly pid: number;
  info: ContainerInfo;
}

/** Without a thread: there is none of source text. */
export const workshop: Pick<Workshop, 'read' | 'compile'> = {
  read: (files) => Promise.resolve(readPolicies(files)),
  compile: (effective) => Promise.resolve(compileForKernel(effective)),
};

/** A machine with containers, on which services can be started and ended. */
export class FakeHost {
  readonly kernel = new FakeKernel();
  readonly containers = new Map<string, FakeContainer>();
  readonly holds = new Map<string, CreationHold>();
  readonly addresses = new Map<number, readonly string[]>();
  readonly onHostNetwork = new Set<number>();
  readonly said: string[] = [];
  readonly reported: VerdictRecord[] = [];
  readonly traffic: TrafficVerdict[] = [];
  /** Why the kernel's enforcement cannot be had. */
  problem: Error | undefined;
  /** What is found to run in containers, one look after the other; then what each has. */
  insiders: (number | undefined)[] = [];
  /** Groups that processes of the host are in too. */
  shared = new Set<number>();

  add(name: string, cgroup: number, facts: Partial<ContainerInfo> = {}): FakeContainer {
    const info = { ...testContainer(), id: name, name, metadata: 'complete', ...facts } as const;
    const container = { cgroup, pid: cgroup * 10, info };
    this.containers.set(`/${name}`, container);
    return container;
  }

  request(name: string): IdentityRequest {
    const { cgroup = 0, pid = 0 } = this.containers.get(`/${name}`) ?? {};
    const none = { ancestorArgs: [], ancestorCwds: [], ownNamespaces: true, ownRoot: false };
    return { cgroup, cgroupPath: `/${name}`, pid, ...none };
  }

  get groups(): Groups {
    const list = [...this.containers];
    const byPath = (path: string) => this.containers.get(path);
    return {
      below: (path) => [byPath(path)?.cgroup ?? []].flat(),
      of: (pid) => {
        const found = list.find(([, each]) => each.pid === pid);
        return found === undefined ? undefined : { path: found[0], cgroup: found[1].cgroup };
      },
      insider: ({ path }) => (this.insiders.length > 0 ? this.insiders.shift() : byPath(path)?.pid),
      isShared: ({ cgroup }) => this.shared.has(cgroup),
      running: () => list.map(([path]) => this.request(path.slice(1))),
    };
  }

  service(): EnforcementService {
    return new EnforcementService({
      open: () =>
        this.problem === undefined ? Promise.resolve(this.kernel.open()) : Promise.reject(this.problem),
      isPinned: () => this.kernel.isPinned,
      detachAll: () => this.kernel.detachAll(),
      groups: () => this.live,
      identify: ({ cgroupPath }) => {
        const info = this.containers.get(cgroupPath)?.info;
        return Promise.resolve(info === undefined ? { kind: 'host' } : { kind: 'container', info });
      },
      report: (records) => void this.reported.push(...records),
      say: (message) => void this.said.push(message),
      workshop,
      onTraffic: (verdicts) => this.traffic.push(...verdicts),
      addresses: {
        of: (pid) => this.addresses.get(pid) ?? [],
        isHosts: (pid) => this.onHostNetwork.has(pid),
      },
      holds: {
        keep: (id, hold) => void this.holds.set(id, hold),
        of: (id) => this.holds.get(id),
        forget: (id) => void this.holds.delete(id),
        sweep: () => undefined,
      },
    });
  }

  /** As {@link groups}, of now. */
  private readonly live: Groups = {
    below: (path) => this.groups.below(path),
    of: (pid) => this.groups.of(pid),
    insider: (group) => this.groups.insider(group),
    isShared: (group, own) => this.groups.isShared(group, own),
    running: () => this.groups.running(),
  };
}
