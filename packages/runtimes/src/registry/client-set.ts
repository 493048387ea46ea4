import { realpath, stat } from 'node:fs/promises';
import type { RuntimeClient } from '../runtime-client.js';
import {
  type ClientOptions,
  clientOfRoot,
  clientsOfSocket,
  type RuntimeRoot,
  type RuntimeSocket,
} from './endpoints.js';

/** A runtime that starts after the agent is found within this time. */
const PROBE_EVERY_MS = 1_000;

/**
 * The clients of those endpoints that exist. An endpoint, once found, keeps its client: a restarted runtime comes
 * back under the same path.
 */
export class ClientSet {
  private readonly found = new Map<string, readonly RuntimeClient[]>();
  private probing: Promise<void> | undefined;
  private probedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly sockets: readonly RuntimeSocket[],
    private readonly roots: readonly RuntimeRoot[],
    private readonly options: ClientOptions,
  ) {}

  get clients(): readonly RuntimeClient[] {
    return [...this.found.values()].flat();
  }

  /** Looks for endpoints that were not there before; at most once per interval, shared by all callers. */
  async refresh(): Promise<void> {
    if (performance.now() - this.probedAtMs >= PROBE_EVERY_MS) {
      this.probedAtMs = performance.now();
      this.probing = this.probe();
    }
    await this.probing;
  }

  close(): void {
    for (const client of this.clients) client.close();
    this.found.clear();
  }

  private async probe(): Promise<void> {
    for (const socket of this.sockets) {
      await this.adopt(socket.path, 'socket', () => clientsOfSocket(socket, this.options));
    }
    for (const root of this.roots) await this.adopt(root.path, 'folder', () => [clientOfRoot(root)]);
  }

  /** Two names of one place (`/run` and `/var/run`) are one endpoint. */
  private async adopt(
    path: string,
    kind: 'socket' | 'folder',
    make: () => readonly RuntimeClient[] | Promise<readonly RuntimeClient[]>,
  ): Promise<void> {
    try {
      const real = await realpath(path);
      if (this.found.has(real)) return;
      const stats = await stat(real);
      if (kind === 'socket' ? stats.isSocket() : stats.isDirectory()) this.found.set(real, await make());
    } catch {
      // Not there, or not ours to see: the next probe looks again.
    }
  }
}
