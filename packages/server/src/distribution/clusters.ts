import type { Database } from '../state/index.js';

/** Which environment (dev, test, prod…) a cluster is of, as somebody said; '' where nobody did. */
export class Clusters {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async all(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#database.query('SELECT name, environment FROM clusters ORDER BY name');
    return new Map(rows.map((row) => [String(row.name), String(row.environment)]));
  }

  /** '': of none. What it was before. */
  async set(name: string, environment: string): Promise<string> {
    return this.#database.transaction(async (database) => {
      const [before] = await database.query('SELECT environment FROM clusters WHERE name = $1', name);
      if (environment === '') await database.query('DELETE FROM clusters WHERE name = $1', name);
      else
        await database.query(
          'INSERT INTO clusters (name, environment) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET environment = $2',
          name,
          environment,
        );
      return before === undefined ? '' : String(before.environment);
    });
  }
}
