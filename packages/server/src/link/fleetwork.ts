import type { Action, Answer, Hello } from '@runward/protocol';
import type { Attestation, Trust } from '../attestation/index.js';
import { ServerError } from '../error.js';
import type { LinkServer } from './link-server.js';
import type { Registry, TokenOrder } from './registry.js';

/** A node of the book, with how it was last seen. */
export interface FleetNode {
  readonly id: string;
  readonly name: string;
  readonly cluster: string;
  readonly enrolledMs: number;
  readonly revoked: boolean;
  readonly connected: boolean;
  /** null: not since this server started. */
  readonly lastSeenMs: number | null;
  /** By how much its clock is ahead. */
  readonly skewMs: number;
  /** Records it made that did not arrive. */
  readonly missing: number;
  readonly agent: Omit<Hello, 'roundTripMs'> | null;
  /** Whether it is what it is expected to be. */
  readonly trust: Pick<Trust, 'state' | 'reason' | 'detail' | 'sinceMs'>;
}

/** What the API asks of the part that agents speak with. */
export class Fleetwork {
  readonly #registry: Registry;
  readonly #server: LinkServer;
  readonly #attestation: Pick<Attestation, 'of'>;

  constructor(registry: Registry, server: LinkServer, attestation: Pick<Attestation, 'of'>) {
    this.#registry = registry;
    this.#server = server;
    this.#attestation = attestation;
  }

  nodes(): readonly FleetNode[] {
    return this.#registry.nodes.map((node) => {
      const { id, name, cluster, enrolledMs, revoked } = node;
      const { state, reason, detail, sinceMs } = this.#attestation.of(node);
      const seen = this.#server.sighting(id);
      const { roundTripMs: _, ...agent } = seen?.hello ?? { roundTripMs: 0 };
      return {
        ...{ id, name, cluster, enrolledMs, revoked: revoked !== null },
        ...{ connected: seen?.connected ?? false, lastSeenMs: seen?.lastSeenMs ?? null },
        ...{ skewMs: seen?.skewMs ?? 0, missing: seen?.missing ?? 0 },
        agent: 'version' in agent ? agent : null,
        trust: { state, reason, detail, sinceMs },
      };
    });
  }

  /** @throws ServerError SERVER_INVALID */
  createToken(order: TokenOrder): { readonly id: string; readonly text: string } {
    return this.#registry.createToken(order);
  }

  /** @throws ServerError SERVER_NODE_UNKNOWN */
  revoke(id: string, why: string): void {
    this.#registry.revoke(id, why);
  }

  /** @throws ServerError SERVER_NODE_AWAY, SERVER_COMMAND_UNANSWERED, SERVER_NODE_UNKNOWN */
  command(id: string, action: Action, by: string): Promise<Answer> {
    const node = this.#registry.nodes.find((each) => each.id === id);
    if (node === undefined) throw new ServerError('SERVER_NODE_UNKNOWN', `there is no node \`${id}\``);
    return this.#server.command(node, action, by);
  }
}
