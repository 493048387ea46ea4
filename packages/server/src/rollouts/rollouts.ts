import { moveVersion } from '../documents/index.js';
import { ServerError } from '../error.js';
import { newId } from '../people/index.js';
import type { Database, Row } from '../state/index.js';
import { type Plan, planSchema } from './plan.js';
import type { Rollout, RolloutState } from './rollout.js';

export interface NewRollout {
  readonly document: string;
  readonly version: number;
  readonly plan: Plan;
  readonly nodes: readonly string[];
  readonly begunBy: string;
}

/** Roll-outs as they are kept: what was begun, how far it came, and how it ended. Each step is one transaction. */
export class Rollouts {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  async running(): Promise<readonly Rollout[]> {
    const rows = await this.#database.query(
      "SELECT * FROM rollouts WHERE state = 'running' ORDER BY began_at",
    );
    return rows.map(rolloutOf);
  }

  /** Of a document, the newest first. */
  async of(document: string, limit = 100): Promise<readonly Rollout[]> {
    const rows = await this.#database.query(
      'SELECT * FROM rollouts WHERE document = $1 ORDER BY began_at DESC, id LIMIT $2',
      document,
      limit,
    );
    return rows.map(rolloutOf);
  }

  async runningOf(document: string): Promise<Rollout | undefined> {
    const [row] = await this.#database.query(
      "SELECT * FROM rollouts WHERE document = $1 AND state = 'running'",
      document,
    );
    return row && rolloutOf(row);
  }

  /** @throws ServerError SERVER_CONFLICT while another is running, or when the version is not approved */
  async begin({ document, version, plan, nodes, begunBy }: NewRollout): Promise<Rollout> {
    const id = newId();
    await this.#database.transaction(async (database) => {
      const [other] = await database.query(
        "SELECT version FROM rollouts WHERE document = $1 AND state = 'running'",
        document,
      );
      if (other !== undefined)
        throw new ServerError('SERVER_CONFLICT', `version ${other.version} is being rolled out`, {
          help: 'wait for its end, or roll it back',
        });
      await moveVersion(database, document, version, 'begin');
      const now = this.#now();
      await database.query(
        `INSERT INTO rollouts (id, document, version, former, plan, stage, nodes, state, why, begun_by, began_at, stage_at)
         SELECT $1, $2, $3, in_force, $4, 0, $5, 'running', '', $6, $7, $7 FROM documents WHERE id = $2`,
        ...[id, document, version, JSON.stringify(plan), JSON.stringify(nodes), begunBy, now],
      );
    });
    return this.#get(id);
  }

  async hold(id: string): Promise<void> {
    await this.#database.query(
      "UPDATE rollouts SET held_at = $1 WHERE id = $2 AND state = 'running'",
      this.#now(),
      id,
    );
  }

  /** On to the next stage, with all its nodes and those before. */
  async advance({ id, stage }: Rollout, nodes: readonly string[]): Promise<void> {
    await this.#database.query(
      `UPDATE rollouts SET stage = $1, nodes = $2, stage_at = $3, held_at = NULL
       WHERE id = $4 AND state = 'running' AND stage = $5`,
      ...[stage + 1, JSON.stringify(nodes), this.#now(), id, stage],
    );
  }

  /** The end: the version is in force everywhere. */
  async settle({ id, document, version, former }: Rollout): Promise<void> {
    await this.#database.transaction(async (database) => {
      if (!(await this.#end(database, id, 'done', ''))) return;
      if (former !== null && former !== version) await moveVersion(database, document, former, 'supersede');
      await moveVersion(database, document, version, 'settle');
      await setInForce(database, document, version);
    });
  }

  /** The other end: what was in force before still is. */
  async back({ id, document, version }: Rollout, why: string): Promise<void> {
    await this.#database.transaction(async (database) => {
      if (!(await this.#end(database, id, 'rolled-back', why))) return;
      await moveVersion(database, document, version, 'back');
    });
  }

  /**
   * Takes the version in force back to the one before it, at once and everywhere; which that is, null: none.
   *
   * @throws ServerError SERVER_CONFLICT when none is in force
   */
  revert(document: string): Promise<{ readonly from: number; readonly to: number | null }> {
    return this.#database.transaction(async (database) => {
      const from = await inForceOf(database, document);
      const [last] = await database.query(
        "SELECT former FROM rollouts WHERE document = $1 AND version = $2 AND state = 'done' ORDER BY ended_at DESC LIMIT 1",
        document,
        from,
      );
      const to = last?.former == null ? null : Number(last.former);
      await moveVersion(database, document, from, 'back');
      if (to !== null) await moveVersion(database, document, to, 'restore');
      await setInForce(database, document, to);
      return { from, to };
    });
  }

  /** Takes the version in force away from all nodes; which it was. @throws ServerError SERVER_CONFLICT */
  withdraw(document: string): Promise<number> {
    return this.#database.transaction(async (database) => {
      const from = await inForceOf(database, document);
      const [running] = await database.query(
        "SELECT version FROM rollouts WHERE document = $1 AND state = 'running'",
        document,
      );
      if (running !== undefined)
        throw new ServerError('SERVER_CONFLICT', `version ${running.version} is being rolled out`, {
          help: 'roll it back first',
        });
      await moveVersion(database, document, from, 'withdraw');
      await setInForce(database, document, null);
      return from;
    });
  }

  async #end(database: Database, id: string, state: RolloutState, why: string): Promise<boolean> {
    const ended = await database.query(
      "UPDATE rollouts SET state = $1, why = $2, ended_at = $3 WHERE id = $4 AND state = 'running' RETURNING id",
      ...[state, why, this.#now(), id],
    );
    return ended.length > 0;
  }

  async #get(id: string): Promise<Rollout> {
    const [row] = await this.#database.query('SELECT * FROM rollouts WHERE id = $1', id);
    if (row === undefined) throw new ServerError('SERVER_NOT_FOUND', `there is no roll-out \`${id}\``);
    return rolloutOf(row);
  }
}

async function inForceOf(database: Database, document: string): Promise<number> {
  const [row] = await database.query('SELECT in_force FROM documents WHERE id = $1', document);
  if (row?.in_force != null) return Number(row.in_force);
  throw new ServerError('SERVER_CONFLICT', 'no version of the document is in force', {
    help: 'nothing was changed',
  });
}

const setInForce = (database: Database, document: string, version: number | null): Promise<unknown> =>
  database.query('UPDATE documents SET in_force = $1 WHERE id = $2', version, document);

const numberOrNull = (value: Row[string] | undefined): number | null =>
  value == null ? null : Number(value);

// Plans, nodes and states are those that were written.
const rolloutOf = (row: Row): Rollout => ({
  id: String(row.id),
  document: String(row.document),
  version: Number(row.version),
  former: numberOrNull(row.former),
  plan: planSchema.parse(JSON.parse(String(row.plan))),
  stage: Number(row.stage),
  nodes: JSON.parse(String(row.nodes)) as readonly string[],
  state: String(row.state) as RolloutState,
  why: String(row.why),
  begunBy: String(row.begun_by),
  beganAt: Number(row.began_at),
  stageAt: Number(row.stage_at),
  heldAt: numberOrNull(row.held_at),
  endedAt: numberOrNull(row.ended_at),
});
