import { createHash } from 'node:crypto';
import { ServerError } from '../error.js';
import type { Database } from '../state/index.js';

const KEPT_MS = 24 * 3_600_000;
const KEY = /^[\x21-\x7e]{1,200}$/;

export interface Answer {
  readonly status: number;
  readonly body: string | null;
}

/** Has a request done once, however often it comes: answers by the caller and the key it chose, for a day. */
export class Repeats {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @throws ServerError SERVER_CONFLICT when the key stands for another request, or one that is still at work */
  async once(
    caller: string,
    key: string,
    request: unknown,
    act: () => Promise<Answer & { readonly isSecret: boolean }>,
  ): Promise<Answer> {
    if (!KEY.test(key))
      throw new ServerError('SERVER_INVALID', 'the idempotency key is none', {
        faults: [{ at: 'header.idempotency-key', message: 'up to 200 visible characters' }],
      });
    const digest = createHash('sha256').update(JSON.stringify(request)).digest('base64url');
    const before = await this.#claim(caller, key, digest);
    if (before !== undefined) return before;
    try {
      const { status, body, isSecret } = await act();
      await this.#database.query(
        'UPDATE answers SET status = $3, body = $4 WHERE caller = $1 AND key = $2',
        ...[caller, key, status, isSecret ? '' : body],
      );
      return { status, body };
    } catch (error) {
      // Nothing was done: it may be asked again.
      await this.#database.query('DELETE FROM answers WHERE caller = $1 AND key = $2', caller, key);
      throw error;
    }
  }

  #claim(caller: string, key: string, digest: string): Promise<Answer | undefined> {
    const now = Date.now();
    return this.#database.transaction(async (database) => {
      await database.query('DELETE FROM answers WHERE created_at < $1', now - KEPT_MS);
      const made = await database.query(
        `INSERT INTO answers (caller, key, request, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (caller, key) DO NOTHING RETURNING key`,
        ...[caller, key, digest, now],
      );
      if (made.length > 0) return undefined;
      const [row] = await database.query(
        'SELECT request, status, body FROM answers WHERE caller = $1 AND key = $2',
        caller,
        key,
      );
      if (row?.request !== digest)
        throw new ServerError('SERVER_CONFLICT', 'the idempotency key was used for another request', {
          help: 'take a new key for each thing to be done',
        });
      if (typeof row.status !== 'number')
        throw new ServerError(
          'SERVER_CONFLICT',
          'the same request is at work, or was when the server ended',
          {
            help: 'look whether it was done before asking with a new key',
          },
        );
      if (row.body === '')
        throw new ServerError('SERVER_CONFLICT', 'this was done before; its secret was told once', {
          help: 'remove what was made, and make another with a new key',
        });
      return { status: row.status, body: typeof row.body === 'string' ? row.body : null };
    });
  }
}
