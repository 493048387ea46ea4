import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { messageOf, ServerError } from '../error.js';

const TABLES = `
CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS records (
  position BIGINT NOT NULL, time BIGINT NOT NULL, received BIGINT NOT NULL, skew BIGINT NOT NULL,
  kind VARCHAR NOT NULL, cluster VARCHAR NOT NULL, node VARCHAR NOT NULL, node_id VARCHAR NOT NULL,
  boot VARCHAR NOT NULL, seq BIGINT NOT NULL, priority VARCHAR NOT NULL, rule VARCHAR NOT NULL,
  namespace VARCHAR NOT NULL, workload VARCHAR NOT NULL, container VARCHAR NOT NULL, incident VARCHAR NOT NULL,
  body VARCHAR NOT NULL
);
CREATE TABLE IF NOT EXISTS marks (
  node_id VARCHAR NOT NULL, boot VARCHAR NOT NULL, seq BIGINT NOT NULL, seen BIGINT NOT NULL,
  PRIMARY KEY (node_id, boot)
);`;
const VERSION = 1;

export interface Connections {
  readonly instance: DuckDBInstance;
  /** One writes, the other reads: neither waits for the other. */
  readonly writer: DuckDBConnection;
  readonly reader: DuckDBConnection;
}

/** The store in this file, made if there is none. @throws ServerError SERVER_STORE_UNUSABLE */
export async function openDuckdb(path: string, memoryMib: number): Promise<Connections> {
  try {
    const instance = await DuckDBInstance.create(path, {
      threads: '2',
      memory_limit: `${memoryMib}MiB`,
      // Nothing is fetched from anywhere, whatever a statement says.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      checkpoint_threshold: '64MiB',
    });
    const [writer, reader] = [await instance.connect(), await instance.connect()];
    await writer.run('SET enable_external_access = false');
    await writer.run('BEGIN TRANSACTION');
    for (const statement of TABLES.split(';').filter((text) => text.trim() !== ''))
      await writer.run(statement);
    const versions = await writer.runAndReadAll('SELECT version FROM schema_version');
    const [found] = versions.getRows();
    if (found === undefined) await writer.run(`INSERT INTO schema_version VALUES (${VERSION})`);
    else if (found[0] !== VERSION)
      throw new Error(`it is of version ${String(found[0])}, this is ${VERSION}`);
    await writer.run('COMMIT');
    return { instance, writer, reader };
  } catch (cause) {
    throw new ServerError(
      'SERVER_STORE_UNUSABLE',
      `the store \`${path}\` cannot be used: ${messageOf(cause)}`,
      {
        help: 'one server at a time has it; check the rights and the space of its file system',
        cause,
      },
    );
  }
}
