import { closeSync } from 'node:fs';
import type { ContainerInfo } from '@runward/events';
import {
  type AccountData,
  parseCgroupPath,
  pathOnlyContainer,
  type RegistryOptions,
  RuntimeRegistry,
  readAccountData,
} from '@runward/runtimes';
import type { Identity, IdentityRequest } from '@runward/tracker';

/** What of the registry is needed here. */
export type ContainerSource = Pick<RuntimeRegistry, 'lookup' | 'close'>;

/** Answers the sensor's question "who is this cgroup?" by asking the container runtimes. */
export class IdentityService {
  readonly #registry: Promise<ContainerSource>;

  constructor(options: RegistryOptions = {}, registry?: Promise<ContainerSource>) {
    this.#registry = registry ?? RuntimeRegistry.discover(options);
  }

  /**
   * Never rejects: when nothing is known, the answer says so. `waitMs`: how long runtimes are given to hear of it; by
   * default what a container needs that was just made.
   */
  async identify(request: IdentityRequest, waitMs?: number): Promise<Identity> {
    const leaf = request.cgroupPath.slice(request.cgroupPath.lastIndexOf('/') + 1);
    const id = parseCgroupPath(request.cgroupPath)?.id ?? leaf;
    const info = await this.#lookup(id, request, waitMs);
    // A root directory of its own does not make a process a container: build tools and chroots have one too.
    const isNamed = request.ancestorArgs.some((args) => args.includes(id)); // a runtime above was told this id
    if (request.ownRoot && info.metadata === 'path-only' && !request.ownNamespaces && !isNamed) {
      return { kind: 'host' };
    }
    // Its runtime could not be asked (in time): the id is then the best name there is, and for plain OCI
    // runtimes it is the name.
    return { kind: 'container', info: info.name === '' ? { ...info, name: info.id } : info };
  }

  hostAccounts(): Promise<AccountData> {
    return readAccountData('/');
  }

  /** The accounts below a root folder, given as a descriptor that is closed here. Never rejects. */
  async accounts(root: number): Promise<AccountData> {
    try {
      return await readAccountData(`/proc/self/fd/${root}`);
    } finally {
      closeSync(root);
    }
  }

  async #lookup(id: string, request: IdentityRequest, waitMs: number | undefined): Promise<ContainerInfo> {
    try {
      const registry = await this.#registry;
      return await registry.lookup({
        id,
        cgroupPath: request.cgroupPath,
        pid: request.pid,
        ancestorArgs: request.ancestorArgs,
        ancestorCwds: request.ancestorCwds,
        ...(waitMs === undefined ? {} : { waitMs }),
      });
    } catch (problem) {
      const runtime = parseCgroupPath(request.cgroupPath)?.runtime ?? 'unknown';
      return pathOnlyContainer(id, runtime, problem instanceof Error ? problem.message : String(problem));
    }
  }

  async close(): Promise<void> {
    (await this.#registry).close();
  }
}
