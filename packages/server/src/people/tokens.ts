import { ServerError } from '../error.js';
import type { Database, Row } from '../state/index.js';
import type { Grant } from './roles.js';
import { digestOf, newId, newSecret } from './secret.js';

export interface Token {
  readonly id: string;
  readonly name: string;
  /** Whose it is; it ends with the account, and may no more than its owner may by then. */
  readonly person: string;
  readonly grants: readonly Grant[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usedAt: number | null;
}

export const TOKEN_PREFIX = 'rwt_';
const USE_STEP_MS = 60_000;

/** For machines: what an account may, or less, until a day that is set. */
export class Tokens {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  /** The secret is told once and not kept. */
  async create(
    person: string,
    name: string,
    grants: readonly Grant[],
    expiresAt: number,
  ): Promise<{ readonly token: Token; readonly secret: string }> {
    const secret = newSecret(TOKEN_PREFIX);
    const id = newId();
    await this.#database.query(
      `INSERT INTO tokens (id, digest, name, person, grants, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      ...[id, digestOf(secret), name, person, JSON.stringify(grants), this.#now(), expiresAt],
    );
    return { token: await this.get(id), secret };
  }

  /** Of one account, or all, after an id. */
  async list(person: string | undefined, after: string, limit: number): Promise<readonly Token[]> {
    const rows = await this.#database.query(
      `SELECT * FROM tokens WHERE id > $1 AND (person = $2 OR $2 = '') ORDER BY id LIMIT $3`,
      after,
      person ?? '',
      limit,
    );
    return rows.map(tokenOf);
  }

  /** @throws ServerError SERVER_NOT_FOUND */
  async get(id: string): Promise<Token> {
    const [row] = await this.#database.query('SELECT * FROM tokens WHERE id = $1', id);
    if (row === undefined) throw new ServerError('SERVER_NOT_FOUND', `there is no token \`${id}\``);
    return tokenOf(row);
  }

  async remove(id: string): Promise<void> {
    await this.#database.query('DELETE FROM tokens WHERE id = $1', id);
  }

  /** The token of a secret, while it lasts. */
  async find(secret: string): Promise<Token | undefined> {
    const now = this.#now();
    const [row] = await this.#database.query(
      'SELECT * FROM tokens WHERE digest = $1 AND expires_at > $2',
      digestOf(secret),
      now,
    );
    if (row === undefined) return undefined;
    const token = tokenOf(row);
    if (token.usedAt === null || now - token.usedAt > USE_STEP_MS)
      await this.#database.query('UPDATE tokens SET used_at = $2 WHERE id = $1', token.id, now);
    return token;
  }
}

function tokenOf(row: Row): Token {
  const usedAt = row.used_at;
  return {
    id: String(row.id),
    name: String(row.name),
    person: String(row.person),
    grants: JSON.parse(String(row.grants)) as readonly Grant[], // what was written was checked
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    usedAt: typeof usedAt === 'number' ? usedAt : null,
  };
}
