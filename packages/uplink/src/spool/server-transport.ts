import { neverTaken, notTakenNow, type Transport } from '@runward/outputs/queue';
import { PATHS } from '@runward/protocol';
import { packRecords } from '@runward/protocol/node';
import { accepted, type Connection, type Reply } from '../connection.js';
import { messageOf } from '../error.js';

/** A server syncs its disk before it answers, and other nodes are before this one. */
const PATIENCE_MS = 60_000;

/** Batches to a server. They have arrived when it says that they are durable. */
export class ServerTransport implements Transport {
  readonly most = { records: 2000, bytes: 2 * 1024 * 1024 };
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async send(records: readonly Buffer[]): Promise<void> {
    const reply = await this.#post(records).catch((error: unknown) => {
      throw notTakenNow(messageOf(error), error);
    });
    // What is too large or malformed now is so for ever.
    if (reply.status === 413 || reply.status === 422) throw neverTaken(reply.text.slice(0, 500));
    try {
      accepted(reply);
    } catch (error) {
      throw notTakenNow(messageOf(error), error);
    }
  }

  async #post(records: readonly Buffer[]): Promise<Reply> {
    return this.#connection.ask('POST', PATHS.records, packRecords(records), PATIENCE_MS);
  }

  async close(): Promise<void> {
    // The connection is not only for this.
  }
}
