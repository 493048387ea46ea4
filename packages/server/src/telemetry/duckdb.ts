import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { messageOf, ServerError } from '../error.js';
import { STORE_SCHEMA, type StoreStep } from './schema.js';

export interface Connections {
  readonly instance: DuckDBInstance;
  /** One writes, the other reads: neither waits for the other. */
  readonly writer: DuckDBConnection;
  readonly reader: DuckDBConnection;
}

/** The store in this file, made if there is none. @throws ServerError SERVER_STORE_UNUSABLE */
export async function openDuckdb(
  path: string,
  memoryMib: number,
  checkpointMib: number,
): Promise<Connections> {
  try {
    const instance = await DuckDBInstance.create(path, {
      threads: '2',
      memory_limit: `${memoryMib}MiB`,
      // Nothing is fetched from anywhere, whatever a statement says.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      checkpoint_threshold: `${checkpointMib}MiB`,
    });
    const [writer, reader] = [await instance.connect(), await instance.connect()];
    await writer.run('SET enable_external_access = false');
    await migrateStore(writer, STORE_SCHEMA);
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

/** Brings the store to this version; each step with its number, or not at all. */
async function migrateStore(writer: DuckDBConnection, steps: readonly StoreStep[]): Promise<void> {
  await writer.run('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)');
  const [found] = (await writer.runAndReadAll('SELECT max(version) FROM schema_version')).getRows();
  const have = Number(found?.[0] ?? 0);
  const last = steps.at(-1)?.version ?? 0;
  if (have > last) throw new Error(`a newer version wrote it (${have}; this one knows ${last})`);
  for (const { version, statements } of steps.filter((step) => step.version > have)) {
    await writer.run('BEGIN TRANSACTION');
    for (const statement of statements) await writer.run(statement);
    await writer.run('DELETE FROM schema_version');
    await writer.run(`INSERT INTO schema_version VALUES (${version})`);
    await writer.run('COMMIT');
  }
}
