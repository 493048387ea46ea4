import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { ServerError } from '../error.js';
import type { Database, Row, Value } from './database.js';

const MOST_STATEMENTS = 200;

/** One connection: statements follow each other, and one that is no part of the transaction at work waits for its end. */
export class SqliteDatabase implements Database {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #last: Promise<unknown> = Promise.resolve();

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /**
   * The database in a file that nobody else may read, made when it is not there; `:memory:` for none.
   *
   * @throws ServerError SERVER_STATE_UNUSABLE
   */
  static open(path: string): SqliteDatabase {
    const mask = process.umask(0o077);
    try {
      if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const database = new DatabaseSync(path, { timeout: 5_000 });
      // Each transaction is on the disk when it has ended, after a loss of power too.
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
      return new SqliteDatabase(database);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ServerError('SERVER_STATE_UNUSABLE', `cannot use the state in \`${path}\`: ${why}`, {
        help: 'name another folder with `--state DIR`, or put the last back-up back with `runward server restore`',
        cause,
      });
    } finally {
      process.umask(mask);
    }
  }

  query(sql: string, ...values: readonly Value[]): Promise<readonly Row[]> {
    return this.#next(() => this.#run(sql, values));
  }

  transaction<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return this.#next(async () => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        const part: Database = {
          query: async (sql, ...values) => this.#run(sql, values),
          transaction: (inner) => inner(part),
          close: () => Promise.reject(new Error('a transaction does not close the database')),
        };
        const result = await work(part);
        this.#database.exec('COMMIT');
        return result;
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /** A copy as of one moment, in a file that is not there yet. */
  copyTo(path: string): Promise<void> {
    return this.#next(() => {
      const mask = process.umask(0o077);
      try {
        this.#database.prepare('VACUUM INTO $path').run({ $path: path });
      } finally {
        process.umask(mask);
      }
    });
  }

  close(): Promise<void> {
    return this.#next(() => {
      this.#statements.clear();
      this.#database.close();
    });
  }

  #next<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #run(sql: string, values: readonly Value[]): readonly Row[] {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      if (this.#statements.size >= MOST_STATEMENTS) this.#statements.clear();
      this.#statements.set(sql, statement);
    }
    const named = Object.fromEntries(values.map((value, index) => [`$${index + 1}`, value]));
    return statement.all(named) as Row[]; // only types that were stored, none of which is a bigint
  }
}
