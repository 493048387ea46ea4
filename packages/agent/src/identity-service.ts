import { closeSync } from 'node:fs';
import type { ContainerInfo } from '@runward/events';
import {
  type AccountData,
  parseCgroupPath,
  type RegistryOptions,
  RuntimeRegistry,
  readAccountData,
} from '@runward/runtimes';
import type { Identity, IdentityRequest } from '@runward/sensor';

/** Answers the sensor's question "who is this cgroup?" by asking the container runtimes. */
export class IdentityService {
  readonly #registry: Promise<RuntimeRegistry>;

  constructor(options: RegistryOptions = {}) {
    this.#registry = RuntimeRegistry.discover(options);
  }

  /** Never rejects: when nothing is known, the answer says so. */
  async identify(request: IdentityRequest): Promise<Identity> {
    const leaf = request.cgroupPath.slice(request.cgroupPath.lastIndexOf('/') + 1);
    const id = parseCgroupPath(request.cgroupPath)?.id ?? leaf;
    const info = await this.#lookup(id, request);
    // A root directory of its own does not make a process a container: build tools and chroots have one too.
    if (request.ownRoot && info.metadata === 'path-only' && !request.ownNamespaces) return { kind: 'host' };
    return { kind: 'container', info };
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

  async #lookup(id: string, request: IdentityRequest): Promise<ContainerInfo> {
    const registry = await this.#registry;
    return registry.lookup({
      id,
      cgroupPath: request.cgroupPath,
      pid: request.pid,
      ancestorArgs: request.ancestorArgs,
      ancestorCwds: request.ancestorCwds,
    });
  }

  async close(): Promise<void> {
    (await this.#registry).close();
  }
}
