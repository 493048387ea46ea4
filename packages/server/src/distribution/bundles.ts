import { createHash, type KeyObject } from 'node:crypto';
import { type BundleDocument, LIMITS, type SignedBundle } from '@runward/protocol';
import { signBundle } from '@runward/protocol/node';
import { ServerError } from '../error.js';
import { isReached, type TargetNode } from '../rollouts/rollout.js';
import type { Rollouts } from '../rollouts/rollouts.js';
import type { Database } from '../state/index.js';

/** A version that a node is to hold. */
interface Wanted {
  readonly id: string;
  readonly version: number;
}

/** Of all documents of a node; in JSON and signed they are more. */
const MOST_CHARACTERS = 12 * 1024 * 1024;

/** What each node is to hold, signed for it, under a number that only grows. */
export class Bundles {
  readonly #database: Database;
  readonly #rollouts: Rollouts;
  readonly #key: KeyObject;
  readonly #now: () => number;

  constructor(database: Database, rollouts: Rollouts, key: KeyObject, now: () => number = Date.now) {
    this.#database = database;
    this.#rollouts = rollouts;
    this.#key = key;
    this.#now = now;
  }

  /**
   * The number of the bundle that a node is to hold; 0: nothing was ever for it. When something else is for it than
   * before it is a new one, and on the disk before the node hears of it. It is not below the clock: a state that was put
   * back from a back-up gives none that the node has seen.
   */
  async versionFor(node: TargetNode): Promise<number> {
    return (await this.#current(node)).version;
  }

  /** @throws ServerError SERVER_NOT_FOUND when nothing was ever for it */
  async signedFor(node: TargetNode): Promise<SignedBundle> {
    const { version, wanted } = await this.#current(node);
    if (version === 0) throw new ServerError('SERVER_NOT_FOUND', 'there are no documents for this node');
    const documents: BundleDocument[] = [];
    for (const each of wanted) documents.push(await this.#document(each));
    return signBundle({ node: node.id, version, documents }, this.#key);
  }

  /** @throws ServerError SERVER_CONFLICT when that much more is too much for a node */
  async makeRoom(characters: number): Promise<void> {
    const [row] = await this.#database.query(
      `SELECT COUNT(*) AS count, COALESCE(SUM(LENGTH(v.text)), 0) AS size FROM documents d
       JOIN document_versions v ON v.document = d.id AND v.number = d.in_force`,
    );
    if (Number(row?.count) < LIMITS.bundleDocuments && Number(row?.size) + characters <= MOST_CHARACTERS)
      return;
    throw new ServerError(
      'SERVER_CONFLICT',
      `nodes hold ${LIMITS.bundleDocuments} documents of ${MOST_CHARACTERS} characters at most`,
      { help: 'withdraw some first' },
    );
  }

  async #current(
    node: TargetNode,
  ): Promise<{ readonly version: number; readonly wanted: readonly Wanted[] }> {
    const wanted = await this.#wanted(node);
    const digest = createHash('sha256').update(JSON.stringify(wanted)).digest('hex');
    return this.#database.transaction(async (database) => {
      const [row] = await database.query('SELECT version, digest FROM bundles WHERE node = $1', node.id);
      if (row === undefined && wanted.length === 0) return { version: 0, wanted };
      if (row?.digest === digest) return { version: Number(row.version), wanted };
      const version = Math.max(Number(row?.version ?? 0) + 1, this.#now());
      await database.query(
        `INSERT INTO bundles (node, version, digest) VALUES ($1, $2, $3)
         ON CONFLICT (node) DO UPDATE SET version = $2, digest = $3`,
        node.id,
        version,
        digest,
      );
      return { version, wanted };
    });
  }

  async #wanted({ id: node, cluster }: TargetNode): Promise<readonly Wanted[]> {
    const rows = await this.#database.query(
      "SELECT id, in_force FROM documents WHERE cluster = '*' OR cluster = $1 ORDER BY kind, name",
      cluster,
    );
    const running = new Map((await this.#rollouts.running()).map((each) => [each.document, each]));
    return rows.flatMap((row): Wanted[] => {
      const id = String(row.id);
      const rollout = running.get(id);
      if (rollout !== undefined && isReached(rollout, node)) return [{ id, version: rollout.version }];
      return row.in_force == null ? [] : [{ id, version: Number(row.in_force) }];
    });
  }

  async #document({ id, version }: Wanted): Promise<BundleDocument> {
    const [row] = await this.#database.query(
      `SELECT d.kind, d.name, v.text FROM documents d JOIN document_versions v ON v.document = d.id
       WHERE d.id = $1 AND v.number = $2`,
      id,
      version,
    );
    if (row === undefined) throw new Error(`version ${version} of the document ${id} is not in the state`);
    const kind = row.kind as BundleDocument['kind']; // one of those that are written
    return { id, version, kind, name: String(row.name), text: String(row.text) };
  }
}
