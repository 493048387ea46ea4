import { migrate } from './migrations.js';
import { SCHEMA } from './schema.js';
import { SqliteDatabase } from './sqlite-database.js';

export type { Database, Row, Value } from './database.js';
export { type Migration, migrate } from './migrations.js';
export { SqliteDatabase } from './sqlite-database.js';

/**
 * The state in a file, brought to the schema of this version.
 *
 * @throws ServerError SERVER_STATE_UNUSABLE, SERVER_STATE_NEWER
 */
export async function openState(path: string): Promise<SqliteDatabase> {
  const database = SqliteDatabase.open(path);
  try {
    await migrate(database, SCHEMA);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
