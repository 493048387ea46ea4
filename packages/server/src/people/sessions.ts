import type { Database } from '../state/index.js';
import { digestOf, newSecret } from './secret.js';

/** A session nobody uses so long ends; so does one that is older than a day. */
export const IDLE_MS = 2 * 3_600_000;
export const LONGEST_MS = 24 * 3_600_000;
/** How exact the last use is known. */
const USE_STEP_MS = 60_000;

/** Who is signed in at a browser. Kept are digests: whoever reads the state cannot take a session over. */
export class Sessions {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  async begin(person: string): Promise<string> {
    const secret = newSecret();
    const now = this.#now();
    await this.#database.query(
      'DELETE FROM sessions WHERE used_at < $1 OR created_at < $2',
      now - IDLE_MS,
      now - LONGEST_MS,
    );
    await this.#database.query(
      'INSERT INTO sessions (digest, person, created_at, used_at) VALUES ($1, $2, $3, $3)',
      digestOf(secret),
      person,
      now,
    );
    return secret;
  }

  /** Whose session it is; undefined when there is none, or none any more. Asking so is no use of it with `isUse` false. */
  async personOf(secret: string, { isUse = true } = {}): Promise<string | undefined> {
    const digest = digestOf(secret);
    const now = this.#now();
    const [row] = await this.#database.query(
      'SELECT person, used_at FROM sessions WHERE digest = $1 AND used_at >= $2 AND created_at >= $3',
      digest,
      now - IDLE_MS,
      now - LONGEST_MS,
    );
    if (row === undefined) return undefined;
    if (isUse && now - Number(row.used_at) > USE_STEP_MS)
      await this.#database.query('UPDATE sessions SET used_at = $2 WHERE digest = $1', digest, now);
    return String(row.person);
  }

  async end(secret: string): Promise<void> {
    await this.#database.query('DELETE FROM sessions WHERE digest = $1', digestOf(secret));
  }
}
