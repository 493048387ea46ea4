import { ServerError } from '../error.js';
import type { Database } from './database.js';

/** One step of the schema. Steps that were released are never changed: what comes later is a step of its own. */
export interface Migration {
  /** From 1 on, without a gap. */
  readonly version: number;
  readonly statements: readonly string[];
}

/**
 * Brings the schema up to date; each step with its number in one transaction.
 *
 * @throws ServerError SERVER_STATE_NEWER when a newer version has written here
 */
export async function migrate(database: Database, steps: readonly Migration[]): Promise<number> {
  await database.query(
    'CREATE TABLE IF NOT EXISTS schema_steps (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)',
  );
  const [row] = await database.query('SELECT COALESCE(MAX(version), 0) AS version FROM schema_steps');
  const have = Number(row?.version ?? 0);
  const last = steps.at(-1)?.version ?? 0;
  if (have > last)
    throw new ServerError(
      'SERVER_STATE_NEWER',
      `the state was written by a newer version (schema ${have}; this one knows ${last})`,
      { help: 'start that version, or put back a back-up from before the upgrade' },
    );
  for (const { version, statements } of steps.filter((step) => step.version > have))
    await database.transaction(async (part) => {
      for (const statement of statements) await part.query(statement);
      await part.query('INSERT INTO schema_steps (version, applied_at) VALUES ($1, $2)', version, Date.now());
    });
  return last;
}
