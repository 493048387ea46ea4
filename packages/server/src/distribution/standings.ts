import type { DocumentStanding, Standing } from '@runward/protocol';
import type { Database, Row } from '../state/index.js';

/** What became of a document at a node, as the node said last. */
export interface NodeStanding extends Omit<DocumentStanding, 'id'> {
  readonly node: string;
  readonly document: string;
  readonly reportedAt: number;
}

/** Who runs which version. */
export class Standings {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All that a node says takes the place of what it said before. Documents that are none of this server are left out. */
  async record(node: string, { documents }: Standing): Promise<void> {
    await this.#database.transaction(async (database) => {
      await database.query('DELETE FROM node_documents WHERE node = $1', node);
      for (const { id, version, state, holds, why } of documents)
        await database.query(
          `INSERT INTO node_documents (node, document, version, state, holds, why, reported_at)
           SELECT $1, id, $2, $3, $4, $5, $6 FROM documents WHERE id = $7
           ON CONFLICT (node, document) DO NOTHING`,
          ...[node, version, state, holds, why, Date.now(), id],
        );
    });
  }

  async of(document: string): Promise<readonly NodeStanding[]> {
    const rows = await this.#database.query(
      'SELECT * FROM node_documents WHERE document = $1 ORDER BY node',
      document,
    );
    return rows.map(standingOf);
  }
}

const standingOf = (row: Row): NodeStanding => ({
  node: String(row.node),
  document: String(row.document),
  version: Number(row.version),
  state: row.state === 'in-force' ? 'in-force' : 'failed',
  holds: row.holds === null ? null : Number(row.holds),
  why: String(row.why),
  reportedAt: Number(row.reported_at),
});
