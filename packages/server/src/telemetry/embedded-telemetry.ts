import type { DuckDBAppender } from '@duckdb/node-api';
import type { RecordKind, UplinkRecord } from '@runward/protocol';
import { messageOf, ServerError } from '../error.js';
import { cursorText, parseCursor } from './cursor.js';
import { type Connections, openDuckdb } from './duckdb.js';
import { groupText } from './group-text.js';
import { Marks, type Sorted } from './marks.js';
import {
  type Appended,
  type Arrival,
  COUNT_BY,
  type Count,
  type CountQuery,
  type GroupQuery,
  type Groups,
  type Origin,
  type Page,
  type StoredRecord,
  type Telemetry,
  type TelemetryFilter,
} from './telemetry.js';
import { whereOf } from './where.js';

/** Of records that one transaction stores. */
const MOST_AT_ONCE = 20_000;
const MOST_ASKED = 1000;
/** A spool that is older than that is none that is sent again. */
const MARKS_MS = 400 * 86_400_000;

const COLUMNS = `position, time, received, skew, kind, cluster, node, node_id, boot, seq, priority, rule, namespace,
  workload, container, incident, body`;

interface Waiting {
  readonly origin: Origin;
  readonly records: readonly UplinkRecord[];
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The store of one server, in one file (DuckDB, ADR 0112). Batches that come at the same time share a transaction, whose
 * log is synced; the marks by which doubles are known are part of it, so a record and its mark are there both or neither.
 */
export class EmbeddedTelemetry implements Telemetry {
  readonly #db: Connections;
  readonly #marks = new Marks();
  #position = 0;
  readonly #listeners = new Set<(arrivals: readonly Arrival[]) => void>();
  #waiting: Waiting[] = [];
  /** Writing and pruning, one after the other. */
  #writing: Promise<unknown> = Promise.resolve();
  #isDue = false;

  private constructor(db: Connections) {
    this.#db = db;
  }

  /** @throws ServerError SERVER_STORE_UNUSABLE, SERVER_STORE_FAILED */
  static async open(path: string, { memoryMib = 512 } = {}): Promise<EmbeddedTelemetry> {
    const store = new EmbeddedTelemetry(await openDuckdb(path, memoryMib));
    await store.#load();
    return store;
  }

  async #load(): Promise<void> {
    const marks = await this.#rows(this.#db.writer, 'SELECT node_id, boot, seq FROM marks', []);
    this.#marks.clear();
    for (const [node, boot, seq] of marks)
      this.#marks.set(Marks.keyOf(String(node), String(boot)), Number(seq));
    const [last] = await this.#rows(this.#db.writer, 'SELECT max(position) FROM records', []);
    this.#position = Math.max(this.#position, Number(last?.[0] ?? 0));
  }

  append(origin: Origin, records: readonly UplinkRecord[]): Promise<Appended> {
    const { promise, resolve, reject } = Promise.withResolvers<Appended>();
    this.#waiting.push({ origin, records, resolve, reject });
    if (!this.#isDue) {
      this.#isDue = true;
      void this.#alone(() => this.#writeWaiting());
    }
    return promise;
  }

  /** After what writes now. */
  #alone<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#writing.then(act);
    this.#writing = turn.catch(() => undefined); // told to whoever asked
    return turn;
  }

  async #writeWaiting(): Promise<void> {
    this.#isDue = false;
    while (this.#waiting.length > 0) {
      const group: Waiting[] = [];
      for (let size = 0; this.#waiting[0] !== undefined && size < MOST_AT_ONCE; ) {
        size += this.#waiting[0].records.length;
        group.push(...this.#waiting.splice(0, 1));
      }
      try {
        const ends = await this.#store(group);
        for (const [at, { resolve, reject }] of group.entries()) {
          const end = ends[at];
          if (end === undefined) reject(new TypeError('each batch has an end'));
          else resolve(end);
        }
      } catch (cause) {
        await this.#takeBack();
        const error = failed(cause);
        for (const { reject } of group) reject(error);
      }
    }
  }

  /** One transaction. Marks are changed as it goes, and read again where it fails. */
  async #store(group: readonly Waiting[]): Promise<readonly Appended[]> {
    const { writer } = this.#db;
    const sorted = group.map(({ origin, records }) => this.#sort(origin, records));
    if (sorted.every(({ fresh }) => fresh.length === 0)) return sorted.map(({ appended }) => appended);
    await writer.run('BEGIN TRANSACTION');
    const arrivals: Arrival[] = [];
    const appender = await writer.createAppender('records');
    for (const [at, { origin }] of group.entries())
      for (const record of sorted[at]?.fresh ?? []) {
        this.#position += 1;
        appendRow(appender, this.#position, origin, record);
        if (this.#listeners.size > 0)
          arrivals.push({ position: this.#position, record: { ...record, ...origin } });
      }
    appender.closeSync();
    for (const [at, { origin }] of group.entries())
      for (const [key, seq] of sorted[at]?.after ?? [])
        await writer.run('INSERT OR REPLACE INTO marks VALUES ($1, $2, $3, $4)', [
          ...[origin.nodeId, key.slice(origin.nodeId.length + 1)],
          ...[BigInt(seq), BigInt(origin.receivedMs)],
        ]);
    await writer.run('COMMIT');
    if (arrivals.length > 0) for (const listener of this.#listeners) listener(arrivals);
    return sorted.map(({ appended }) => appended);
  }

  #sort(origin: Origin, records: readonly UplinkRecord[]): Sorted {
    const sorted = this.#marks.sort(origin.nodeId, records);
    for (const [key, seq] of sorted.after) this.#marks.set(key, seq);
    return sorted;
  }

  async #takeBack(): Promise<void> {
    await this.#db.writer.run('ROLLBACK').catch(() => undefined); // it may have ended by itself
    await this.#load().catch(() => undefined); // what follows fails as well, and says so
  }

  async query(filter: TelemetryFilter, limit: number, cursor?: string): Promise<Page> {
    const most = Math.min(Math.max(1, Math.trunc(limit)), MOST_ASKED);
    const where = whereOf(filter, cursor === undefined ? undefined : parseCursor(cursor));
    // Which ones first, from the narrow columns: bodies are read of those only.
    const rows = await this.#rows(
      this.#db.reader,
      `SELECT ${COLUMNS} FROM records WHERE rowid IN (
          SELECT rowid FROM records WHERE ${where.text} ORDER BY time DESC, position DESC LIMIT ${most + 1})
        ORDER BY time DESC, position DESC`,
      where.values,
    );
    const shown = rows.slice(0, most);
    const last = rows.length > most ? shown.at(-1) : undefined;
    return {
      records: shown.map(recordOf),
      cursor: last && cursorText({ position: Number(last[0]), timeMs: Number(last[1]) }),
    };
  }

  get position(): number {
    return this.#position;
  }

  async since(filter: TelemetryFilter, position: number, limit: number): Promise<readonly Arrival[]> {
    const where = whereOf(filter);
    const most = Math.min(Math.max(1, Math.trunc(limit)), MOST_ASKED);
    const rows = await this.#rows(
      this.#db.reader,
      `SELECT ${COLUMNS} FROM records WHERE ${where.text} AND position > $${where.values.length + 1}
        ORDER BY position LIMIT ${most}`,
      [...where.values, position],
    );
    return rows.map((row) => ({ position: Number(row[0]), record: recordOf(row) }));
  }

  follow(listener: (arrivals: readonly Arrival[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async count({ filter, bucketMs, by }: CountQuery): Promise<readonly Count[]> {
    if (!Number.isSafeInteger(bucketMs) || bucketMs < 1000)
      throw new ServerError('SERVER_INVALID', `\`${bucketMs}\` is no span to count over`, {
        help: 'give whole milliseconds, at least 1000',
      });
    const column = COUNT_BY.find((each) => each === by);
    const where = whereOf(filter);
    const rows = await this.#rows(
      this.#db.reader,
      `SELECT time // ${bucketMs} * ${bucketMs} AS begins, ${column ?? "''"} AS value, count(*) FROM records
        WHERE ${where.text} GROUP BY begins, value ORDER BY begins, value`,
      where.values,
    );
    return rows.map(([at, value, count]) => ({
      atMs: Number(at),
      value: String(value),
      count: Number(count),
    }));
  }

  async group(query: GroupQuery, limit: number): Promise<Groups> {
    const most = Math.max(1, Math.trunc(limit));
    const { text, values } = groupText(query, most + 1);
    const sums = query.sums.map((_, at) => `, g.s${at}`).join('');
    const rows = await this.#rows(
      this.#db.reader,
      `WITH g AS MATERIALIZED (${text})
        SELECT position, time, received, skew, kind, cluster, node, node_id, boot, seq, priority, rule, namespace,
          workload, container, incident, body, g.n, g.first${sums}
        FROM g JOIN records ON position = g.latest ORDER BY time DESC, position DESC`,
      values,
    );
    const groups = rows.slice(0, most).map((row) => ({
      latest: recordOf(row.slice(0, RECORD_COLUMNS)),
      ...{ count: Number(row[RECORD_COLUMNS]), firstMs: Number(row[RECORD_COLUMNS + 1]) },
      sums: row.slice(RECORD_COLUMNS + 2).map(Number),
    }));
    return { groups, isWhole: rows.length <= most };
  }

  prune(beforeMs: number, kind?: RecordKind): Promise<number> {
    return this.#alone(async () => {
      const { text, values } = whereOf({ toMs: beforeMs, ...(kind === undefined ? {} : { kinds: [kind] }) });
      const [gone] = await this.#rows(this.#db.writer, `DELETE FROM records WHERE ${text}`, values);
      await this.#rows(this.#db.writer, 'DELETE FROM marks WHERE seen < $1', [beforeMs - MARKS_MS]);
      return Number(gone?.[0] ?? 0);
    });
  }

  async #rows(
    connection: Connections['reader'],
    text: string,
    values: readonly (string | number)[],
  ): Promise<readonly (readonly unknown[])[]> {
    try {
      const bound = values.map((value) => (typeof value === 'number' ? BigInt(Math.trunc(value)) : value));
      return (await connection.runAndReadAll(text, bound)).getRows();
    } catch (cause) {
      throw failed(cause);
    }
  }

  async close(): Promise<void> {
    await this.#alone(async () => undefined);
    this.#db.reader.closeSync();
    this.#db.writer.closeSync();
    this.#db.instance.closeSync();
  }
}

/** Of the columns {@link recordOf} reads. */
const RECORD_COLUMNS = 17;

const failed = (cause: unknown): ServerError =>
  cause instanceof ServerError
    ? cause
    : new ServerError('SERVER_STORE_FAILED', `the store does not work: ${messageOf(cause)}`, {
        help: 'nothing was acknowledged: nodes keep it and send it again. Check the space of its file system',
        cause,
      });

/** In the order of the columns. */
function appendRow(to: DuckDBAppender, position: number, origin: Origin, record: UplinkRecord): void {
  for (const number of [position, record.timeMs, origin.receivedMs, origin.skewMs])
    to.appendBigInt(BigInt(Math.trunc(number)));
  for (const text of [record.kind, origin.cluster, origin.node, origin.nodeId, record.boot])
    to.appendVarchar(text);
  to.appendBigInt(BigInt(record.seq));
  const { priority, rule, namespace, workload, container, incident } = record;
  for (const text of [priority, rule, namespace, workload, container, incident]) to.appendVarchar(text);
  to.appendVarchar(JSON.stringify(record.body));
  to.endRow();
}

function recordOf(row: readonly unknown[]): StoredRecord {
  const [, time, received, skew, kind, cluster, node, nodeId, boot, seq, ...labels] = row;
  const [priority, rule, namespace, workload, container, incident, body] = labels.map(String);
  return {
    ...{ nodeId: String(nodeId), node: String(node), cluster: String(cluster) },
    ...{ receivedMs: Number(received), skewMs: Number(skew), timeMs: Number(time) },
    ...{ boot: String(boot), seq: Number(seq), kind: String(kind) as RecordKind }, // was one when it was stored
    ...{ priority: priority ?? '', rule: rule ?? '', namespace: namespace ?? '', workload: workload ?? '' },
    ...{ container: container ?? '', incident: incident ?? '' },
    body: JSON.parse(body ?? '{}') as StoredRecord['body'], // written from one
  };
}
