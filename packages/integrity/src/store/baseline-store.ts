import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { IntegrityError } from '../error.js';
import type { FileState } from '../scan/file-state.js';

/** A file as it was when its baseline was taken. */
export type Baseline = FileState & { readonly path: string };

/** What a baseline is of: the host, or one container. */
export interface Scope {
  /** `host`, or the id of the container. */
  readonly id: string;
  readonly name: string;
  readonly takenAt: string;
  readonly files: number;
}

const SCHEMA = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA busy_timeout = 10000;
CREATE TABLE IF NOT EXISTS scope (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, taken_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS file (
  scope INTEGER NOT NULL, path TEXT NOT NULL, kind TEXT NOT NULL, mode INTEGER NOT NULL, uid INTEGER NOT NULL, gid INTEGER NOT NULL,
  size INTEGER NOT NULL, version TEXT NOT NULL, sha256 BLOB NOT NULL, content TEXT, told TEXT, seen INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (scope, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS appeared (scope INTEGER NOT NULL, path TEXT NOT NULL, told TEXT NOT NULL, PRIMARY KEY (scope, path)) WITHOUT ROWID;
`;

type Row = Readonly<Record<string, unknown>>;

/** What files were, in one database below the state folder. Memory does not grow with their number. */
export class BaselineStore {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws IntegrityError INTEGRITY_STORE */
  constructor(readonly path: string) {
    this.#db = this.#guard(() => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const db = new DatabaseSync(path);
      db.exec(SCHEMA);
      chmodSync(path, 0o600);
      return db;
    });
  }

  scopes(): readonly Scope[] {
    return this.#all(
      'SELECT id, name, taken_at, (SELECT count(*) FROM file WHERE scope = number) AS files FROM scope ORDER BY name',
    ).map((row) => ({
      id: String(row.id),
      name: String(row.name),
      takenAt: String(row.taken_at),
      files: Number(row.files),
    }));
  }

  /** The number of a scope; undefined: it has no baseline. */
  numberOf(id: string): number | undefined {
    const row = this.#get('SELECT number FROM scope WHERE id = ?', id);
    return row === undefined ? undefined : Number(row.number);
  }

  /** Begins anew. */
  begin(id: string, name: string): number {
    this.remove(id);
    this.#run('INSERT INTO scope (id, name, taken_at) VALUES (?, ?, ?)', id, name, new Date().toISOString());
    return this.numberOf(id) ?? 0;
  }

  remove(id: string): void {
    const number = this.numberOf(id);
    if (number === undefined) return;
    this.#run('DELETE FROM file WHERE scope = ?', number);
    this.#run('DELETE FROM appeared WHERE scope = ?', number);
    this.#run('DELETE FROM scope WHERE number = ?', number);
  }

  put(scope: number, path: string, state: FileState): void {
    const { kind, mode, uid, gid, size, version, sha256, text } = state;
    this.#run(
      'INSERT OR REPLACE INTO file (scope, path, kind, mode, uid, gid, size, version, sha256, content, seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(seen), 0) FROM file WHERE scope = ? AND path = ?))',
      ...[scope, path, kind, mode, uid, gid, size, version, Buffer.from(sha256, 'hex'), text, scope, path],
    );
    this.#run('DELETE FROM appeared WHERE scope = ? AND path = ?', scope, path);
  }

  drop(scope: number, path: string): void {
    this.#run('DELETE FROM file WHERE scope = ? AND path = ?', scope, path);
    this.#run('DELETE FROM appeared WHERE scope = ? AND path = ?', scope, path);
  }

  get(scope: number, path: string): Baseline | undefined {
    const row = this.#get('SELECT * FROM file WHERE scope = ? AND path = ?', scope, path);
    return row === undefined ? undefined : baselineOf(row);
  }

  /** The same content with other times: it need not be read again. */
  setVersion(scope: number, path: string, version: string): void {
    this.#run('UPDATE file SET version = ? WHERE scope = ? AND path = ?', version, scope, path);
  }

  markSeen(scope: number, path: string, round: number): void {
    this.#run('UPDATE file SET seen = ? WHERE scope = ? AND path = ?', round, scope, path);
  }

  /** Those that a round did not see; `below`: only this path and what lies below it. */
  *unseen(scope: number, round: number, below = '/'): Generator<Baseline> {
    const prefix = below === '/' ? '/' : `${below}/`;
    const rows = this.#statement(
      'SELECT * FROM file WHERE scope = ? AND seen <> ? AND (path = ? OR (path >= ? AND path < ?)) ORDER BY path',
    ).iterate(scope, round, below, prefix, `${prefix.slice(0, -1)}0`);
    for (const row of rows) yield baselineOf(row as Row); // a row of our own table
  }

  /** Of a scope, in the order of their paths. */
  *files(scope: number): Generator<Baseline> {
    let after = '';
    for (;;) {
      const rows = this.#all(
        'SELECT * FROM file WHERE scope = ? AND path > ? ORDER BY path LIMIT 1000',
        scope,
        after,
      );
      for (const row of rows) yield baselineOf(row);
      const last = rows.at(-1);
      if (last === undefined) return;
      after = String(last.path);
    }
  }

  /** Whether this was told of the path already; what is told is told once. Remembered for files that are new as well. */
  isTold(scope: number, path: string, what: string): boolean {
    const row =
      this.#get('SELECT told FROM file WHERE scope = ? AND path = ?', scope, path) ??
      this.#get('SELECT told FROM appeared WHERE scope = ? AND path = ?', scope, path);
    return row !== undefined && row.told === what;
  }

  setTold(scope: number, path: string, what: string): void {
    if (this.#get('SELECT 1 FROM file WHERE scope = ? AND path = ?', scope, path) !== undefined)
      this.#run(
        'UPDATE file SET told = ? WHERE scope = ? AND path = ?',
        what === '' ? null : what,
        scope,
        path,
      );
    else if (what === '') this.#run('DELETE FROM appeared WHERE scope = ? AND path = ?', scope, path);
    else this.#run('INSERT OR REPLACE INTO appeared (scope, path, told) VALUES (?, ?, ?)', scope, path, what);
  }

  /** Many writes as one, which is many times faster. */
  async together<T>(work: () => Promise<T>): Promise<T> {
    this.#guard(() => this.#db.exec('BEGIN IMMEDIATE'));
    try {
      const result = await work();
      this.#guard(() => this.#db.exec('COMMIT'));
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#db.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #run(sql: string, ...values: readonly (string | number | Buffer | null)[]): void {
    this.#guard(() => this.#statement(sql).run(...values));
  }
  #get(sql: string, ...values: readonly (string | number)[]): Row | undefined {
    return this.#guard(() => this.#statement(sql).get(...values));
  }
  #all(sql: string, ...values: readonly (string | number)[]): readonly Row[] {
    return this.#guard(() => this.#statement(sql).all(...values));
  }

  #guard<T>(act: () => T): T {
    try {
      return act();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new IntegrityError(
        'INTEGRITY_STORE',
        `the baseline in \`${this.path}\` cannot be read or written: ${why}`,
        {
          help: 'run as root, look whether the disk is full, or move the file away and take a new baseline: `runward integrity baseline`',
          cause,
        },
      );
    }
  }
}

const baselineOf = (row: Row): Baseline => ({
  ...{ path: String(row.path), mode: Number(row.mode), uid: Number(row.uid), gid: Number(row.gid) },
  ...{ size: Number(row.size), version: String(row.version) },
  kind: String(row.kind) as FileState['kind'], // written from one
  sha256: Buffer.from(row.sha256 as Uint8Array).toString('hex'), // a BLOB
  text: typeof row.content === 'string' ? row.content : null,
});
