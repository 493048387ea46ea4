/** What a column holds. Times are milliseconds since the epoch, documents JSON text. */
export type Value = string | number | null | Uint8Array;

export type Row = Readonly<Record<string, Value>>;

/**
 * The state of the control plane, in the SQL that SQLite and PostgreSQL share: parameters are `$1`, `$2`…, types TEXT,
 * BIGINT and INTEGER, `ON CONFLICT` and `RETURNING`. What was answered is on the disk.
 */
export interface Database {
  /** The rows of one statement. */
  query(sql: string, ...values: readonly Value[]): Promise<readonly Row[]>;
  /** All of it or nothing; others wait. A transaction in a transaction is part of it. */
  transaction<T>(work: (database: Database) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
