import type { Action, Answer, Hello } from '@runward/protocol';
import type { TokenOrder } from './registry.js';

/** A node of the book, with how it was last seen. */
export interface FleetNode {
  readonly id: string;
  readonly name: string;
  readonly cluster: string;
  readonly enrolledMs: number;
  readonly certificateEndsMs: number;
  readonly revoked: boolean;
  readonly connected: boolean;
  readonly lastSeenMs: number | null;
  readonly skewMs: number;
  readonly missing: number;
  readonly agent: Omit<Hello, 'roundTripMs'> | null;
}

/** What the API asks of the part that agents speak with. */
export interface Fleetwork {
  nodes(): readonly FleetNode[];
  /** @throws ServerError SERVER_INVALID */
  createToken(order: TokenOrder): { readonly id: string; readonly text: string };
  /** @throws ServerError SERVER_NOT_FOUND */
  revoke(id: string): void;
  /** @throws ServerError SERVER_NODE_AWAY, SERVER_COMMAND_UNANSWERED */
  command(id: string, action: Action, by: string): Promise<Answer>;
}
