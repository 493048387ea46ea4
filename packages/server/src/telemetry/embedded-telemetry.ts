import { existsSync } from 'node:fs';
import type { RecordKind, SentRecord } from '@runward/protocol';
import { messageOf, ServerError } from '../error.js';
import { isOfLabels } from '../filter/index.js';
import { packBodies } from './bodies.js';
import { cursorText, parseCursor } from './cursor.js';
import { type Connections, openDuckdb } from './duckdb.js';
import { fits } from './fits.js';
import { groupText } from './group-text.js';
import { incidentRow, incidentWhere, PUT_INCIDENT } from './incident-rows.js';
import { Marks, type Sorted } from './marks.js';
import { numbersText } from './numbers.js';
import { appendBlock, appendRow, arrived, COLUMN_COUNT, COLUMNS, readRows } from './rows.js';
import {
  type Appended,
  type Arrival,
  COUNT_BY,
  type Count,
  type CountQuery,
  type GroupQuery,
  type Groups,
  type IncidentCount,
  type IncidentFilter,
  type Origin,
  type Page,
  type StoredRecord,
  type Telemetry,
  type TelemetryFilter,
} from './telemetry.js';
import { exactWhereOf, whereOf } from './where.js';

/** Of records that one transaction stores. */
const MOST_AT_ONCE = 20_000;
const MOST_ASKED = 1000;
/** Records whose bodies one question reads. */
const MOST_LOOKED_AT = 20_000;
/** A spool that is older than that is none that is sent again. */
const MARKS_MS = 400 * 86_400_000;

interface Waiting {
  readonly origin: Origin;
  readonly records: readonly SentRecord[];
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The store of one server, in one file (DuckDB, ADR 0112). Batches that come at the same time share a transaction, whose
 * log is synced; the marks by which doubles are known are part of it, so a record and its mark are there both or neither.
 */
export class EmbeddedTelemetry implements Telemetry {
  readonly #open: () => Promise<Connections>;
  #db: Connections;
  /** false: what the store has is not what is known of it here, until it is read again. */
  #isSound = true;
  readonly #marks = new Marks();
  #position = 0;
  #block = 0;
  readonly #listeners = new Set<(arrivals: readonly Arrival[]) => void>();
  #waiting: Waiting[] = [];
  /** Writing and pruning, one after the other. */
  #writing: Promise<unknown> = Promise.resolve();
  #isDue = false;

  readonly #path: string;

  private constructor(db: Connections, path: string, open: () => Promise<Connections>) {
    this.#db = db;
    this.#path = path;
    this.#open = open;
  }

  /** @throws ServerError SERVER_STORE_UNUSABLE, SERVER_STORE_FAILED */
  static async open(path: string, { memoryMib = 512, checkpointMib = 64 } = {}): Promise<EmbeddedTelemetry> {
    const open = (): Promise<Connections> => openDuckdb(path, memoryMib, checkpointMib);
    const store = new EmbeddedTelemetry(await open(), path, open);
    await store.#load();
    await store.#findIncidents();
    return store;
  }

  async #load(): Promise<void> {
    const marks = await this.#rows(this.#db.writer, 'SELECT node_id, boot, seq FROM marks', []);
    this.#marks.clear();
    for (const [node, boot, seq] of marks)
      this.#marks.set(Marks.keyOf(String(node), String(boot)), Number(seq));
    const [last] = await this.#rows(this.#db.writer, 'SELECT max(position) FROM records', []);
    this.#position = Math.max(this.#position, Number(last?.[0] ?? 0));
    const [block] = await this.#rows(this.#db.writer, 'SELECT max(block) FROM bodies', []);
    this.#block = Math.max(this.#block, Number(block?.[0] ?? 0));
  }

  /** A store from before incidents were kept as they stand has them among its records. */
  async #findIncidents(): Promise<void> {
    const { writer } = this.#db;
    const [have] = await this.#rows(writer, 'SELECT count(*) FROM incidents', []);
    if (Number(have?.[0]) > 0) return;
    const rows = await this.#rows(
      writer,
      `SELECT ${COLUMNS} FROM records WHERE kind = 'incident' AND incident <> ''
        QUALIFY row_number() OVER (PARTITION BY node_id, incident ORDER BY position DESC) = 1`,
      [],
    );
    for (let at = 0; at < rows.length; at += MOST_ASKED) {
      const part = rows.slice(at, at + MOST_ASKED);
      for (const [index, record] of (await this.#records(part)).entries())
        if (record !== undefined)
          await writer.run(
            PUT_INCIDENT,
            incidentRow(Number(part[index]?.[0]), record, { ...record, body: JSON.stringify(record.body) }),
          );
    }
  }

  append(origin: Origin, records: readonly SentRecord[]): Promise<Appended> {
    const { promise, resolve, reject } = Promise.withResolvers<Appended>();
    this.#waiting.push({ origin, records, resolve, reject });
    if (!this.#isDue) {
      this.#isDue = true;
      void this.#alone(() => this.#writeWaiting());
    }
    return promise;
  }

  /** Calls with the files of the store while nothing is written to them; what nodes hand over meanwhile waits. */
  whileStill<T>(act: (files: readonly string[]) => Promise<T>): Promise<T> {
    // What is not in the file yet is in its log.
    return this.#alone(() => act([this.#path, `${this.#path}.wal`].filter((file) => existsSync(file))));
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
        await this.#mend();
        const ends = await this.#store(group);
        for (const [at, { resolve, reject }] of group.entries()) {
          const end = ends[at];
          if (end === undefined) reject(new TypeError('each batch has an end'));
          else resolve(end);
        }
      } catch (cause) {
        await this.#doubt();
        const error = failed(cause);
        for (const { reject } of group) reject(error);
      }
    }
  }

  /** One transaction. Marks are changed as it goes, and read again where it fails. */
  async #store(group: readonly Waiting[]): Promise<readonly Appended[]> {
    const sorted = group.map(({ origin, records }) => this.#sort(origin, records));
    const ends = sorted.map(({ appended }) => appended);
    const rows = sorted.flatMap(({ fresh }, at) => {
      const origin = group[at]?.origin;
      return origin === undefined ? [] : fresh.map((record) => ({ record, origin }));
    });
    if (rows.length === 0) return ends;
    const { blocks, places } = packBodies(rows.map(({ record }) => record));
    const { writer } = this.#db;
    await writer.run('BEGIN TRANSACTION');
    const arrivals: Arrival[] = [];
    const incidents = new Map<string, { position: number; record: SentRecord; origin: Origin }>();
    const records = await writer.createAppender('records');
    for (const [at, { record, origin }] of rows.entries()) {
      this.#position += 1;
      const place = places[at];
      if (place === undefined) throw new TypeError('each record has a place');
      const [block, numbers] = [this.#block + 1 + place.block, numbersText(record.kind, record.body)];
      appendRow(records, this.#position, origin, record, { ...place, block, numbers });
      if (record.kind === 'incident' && record.incident !== '')
        incidents.set(`${origin.nodeId} ${record.incident}`, { position: this.#position, record, origin });
      if (this.#listeners.size > 0)
        arrivals.push({ position: this.#position, record: arrived(record, origin) });
    }
    records.closeSync();
    const bodies = await writer.createAppender('bodies');
    for (const block of blocks) {
      this.#block += 1;
      appendBlock(bodies, this.#block, block);
    }
    bodies.closeSync();
    for (const { position, record, origin } of incidents.values())
      await writer.run(PUT_INCIDENT, incidentRow(position, origin, record));
    await this.#writeMarks(group, sorted);
    await writer.run('COMMIT');
    if (arrivals.length > 0) for (const listener of this.#listeners) listener(arrivals);
    return ends;
  }

  /** In one statement: a thousand nodes in a transaction are usual. None of what it is made of has a line break. */
  async #writeMarks(group: readonly Waiting[], sorted: readonly Sorted[]): Promise<void> {
    const after = new Map<string, readonly [node: string, boot: string, seq: number, seen: number]>();
    for (const [at, { origin }] of group.entries())
      for (const [key, seq] of sorted[at]?.after ?? [])
        after.set(key, [origin.nodeId, key.slice(origin.nodeId.length + 1), seq, origin.receivedMs]);
    const marks = [...after.values()];
    const column = (at: 0 | 1 | 2 | 3): string => marks.map((mark) => mark[at]).join('\n');
    const list = (at: number): string => `unnest(string_split($${at}, chr(10)))`;
    await this.#db.writer.run(
      `INSERT OR REPLACE INTO marks SELECT ${list(1)}, ${list(2)}, ${list(3)}::BIGINT, ${list(4)}::BIGINT`,
      [column(0), column(1), column(2), column(3)],
    );
  }

  #sort(origin: Origin, records: readonly SentRecord[]): Sorted {
    const sorted = this.#marks.sort(origin.nodeId, records);
    for (const [key, seq] of sorted.after) this.#marks.set(key, seq);
    return sorted;
  }

  /** Something failed: whether it is in the store is for the store to say. */
  async #doubt(): Promise<void> {
    this.#isSound = false;
    await this.#mend().catch(() => undefined); // tried again before anything is written
  }

  /** Knows again what the store has. A store that a full disk stopped in the middle takes nothing until it is opened anew. */
  async #mend(): Promise<void> {
    if (this.#isSound) return;
    await this.#db.writer.run('ROLLBACK').catch(() => undefined); // it may have ended by itself
    try {
      await this.#load();
    } catch {
      this.#shut();
      this.#db = await this.#open();
      await this.#load();
    }
    this.#isSound = true;
  }

  #shut(): void {
    for (const each of [this.#db.reader, this.#db.writer, this.#db.instance])
      try {
        each.closeSync();
      } catch {
        // It is closed already: the last try to open the store anew failed.
      }
  }

  async query(filter: TelemetryFilter, limit: number, cursor?: string): Promise<Page> {
    const most = Math.min(Math.max(1, Math.trunc(limit)), MOST_ASKED);
    const { condition } = filter;
    if (condition === undefined || isOfLabels(condition)) return this.#page(filter, most, cursor);
    // Bodies are in blocks: what the labels leave is read, and looked at.
    const found: StoredRecord[] = [];
    let from = cursor;
    for (let looked = 0; looked < MOST_LOOKED_AT; looked += MOST_ASKED) {
      const page = await this.#page(filter, MOST_ASKED, from);
      for (const [at, record] of page.records.entries()) {
        if (!fits(filter, record)) continue;
        found.push(record);
        const place = page.places[at];
        const isMore = at + 1 < page.records.length || page.cursor !== undefined;
        if (found.length === most) return { records: found, cursor: isMore ? place : undefined };
      }
      from = page.cursor;
      if (from === undefined) break;
    }
    return { records: found, cursor: from };
  }

  async #page(
    filter: TelemetryFilter,
    most: number,
    cursor: string | undefined,
  ): Promise<Page & { readonly places: readonly string[] }> {
    const where = whereOf(filter, cursor === undefined ? undefined : parseCursor(cursor));
    // Which ones first, from few columns; the others, and bodies, are read of those only.
    const rows = await this.#rows(
      this.#db.reader,
      `SELECT ${COLUMNS} FROM records WHERE rowid IN (
          SELECT rowid FROM records WHERE ${where.text} ORDER BY time DESC, position DESC LIMIT ${most + 1})
        ORDER BY time DESC, position DESC`,
      where.values,
    );
    const shown = rows.slice(0, most);
    const last = rows.length > most ? shown.at(-1) : undefined;
    const records = await this.#records(shown);
    return {
      records: records.filter((record) => record !== undefined),
      places: shown.filter((_, at) => records[at] !== undefined).map(placeOf),
      cursor: last && placeOf(last),
    };
  }

  async incidents(filter: IncidentFilter, limit: number, cursor?: string): Promise<Page> {
    const most = Math.min(Math.max(1, Math.trunc(limit)), MOST_ASKED);
    const where = incidentWhere(filter, cursor === undefined ? undefined : parseCursor(cursor));
    const rows = await this.#rows(
      this.#db.reader,
      `SELECT ${COLUMNS} FROM incidents WHERE ${where.text} ORDER BY time DESC, position DESC LIMIT ${most + 1}`,
      where.values,
    );
    const shown = rows.slice(0, most);
    const last = rows.length > most ? shown.at(-1) : undefined;
    const records = (await this.#records(shown)).filter((record) => record !== undefined);
    return { records, cursor: last && placeOf(last) };
  }

  async countIncidents(filter: IncidentFilter): Promise<readonly IncidentCount[]> {
    const where = incidentWhere(filter);
    const rows = await this.#rows(
      this.#db.reader,
      `SELECT state, priority, count(*) FROM incidents WHERE ${where.text} GROUP BY ALL ORDER BY ALL`,
      where.values,
    );
    return rows.map(([state, severity, count]) => ({
      ...{ state: String(state), severity: String(severity), count: Number(count) },
    }));
  }

  get position(): number {
    return this.#position;
  }

  async since(filter: TelemetryFilter, position: number, limit: number): Promise<readonly Arrival[]> {
    const where = exactWhereOf(filter);
    const most = Math.min(Math.max(1, Math.trunc(limit)), MOST_ASKED);
    const rows = await this.#rows(
      this.#db.reader,
      `SELECT ${COLUMNS} FROM records WHERE ${where.text} AND position > $${where.values.length + 1}
        ORDER BY position LIMIT ${most}`,
      [...where.values, position],
    );
    const records = await this.#records(rows);
    return rows.flatMap((row, at) => {
      const record = records[at];
      return record === undefined ? [] : [{ position: Number(row[0]), record }];
    });
  }

  follow(listener: (arrivals: readonly Arrival[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #records(rows: readonly (readonly unknown[])[]): Promise<readonly (StoredRecord | undefined)[]> {
    return readRows(rows, (text, values) => this.#rows(this.#db.reader, text, values));
  }

  async count({ filter, bucketMs, by }: CountQuery): Promise<readonly Count[]> {
    if (!Number.isSafeInteger(bucketMs) || bucketMs < 1000)
      throw new ServerError('SERVER_INVALID', `\`${bucketMs}\` is no span to count over`, {
        help: 'give whole milliseconds, at least 1000',
      });
    const column = COUNT_BY.find((each) => each === by);
    const where = exactWhereOf(filter);
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
        SELECT ${COLUMNS}, g.n, g.first${sums}
        FROM g JOIN records ON position = g.latest ORDER BY time DESC, position DESC`,
      values,
    );
    const shown = rows.slice(0, most);
    const latest = await this.#records(shown);
    const groups = shown.flatMap((row, at) => {
      const record = latest[at];
      const [count, firstMs, ...sums] = row.slice(COLUMN_COUNT).map(Number);
      return record === undefined ? [] : [{ latest: record, count: count ?? 0, firstMs: firstMs ?? 0, sums }];
    });
    return { groups, isWhole: rows.length <= most };
  }

  prune(beforeMs: number, kind?: RecordKind): Promise<number> {
    return this.#alone(async () => {
      await this.#mend();
      const { text, values } = whereOf({ toMs: beforeMs, ...(kind === undefined ? {} : { kinds: [kind] }) });
      const [gone] = await this.#rows(this.#db.writer, `DELETE FROM records WHERE ${text}`, values);
      const ofKind = kind === undefined ? '' : 'AND kind = $2';
      await this.#rows(this.#db.writer, `DELETE FROM bodies WHERE latest < $1 ${ofKind}`, values);
      if (kind === undefined || kind === 'incident')
        await this.#rows(this.#db.writer, 'DELETE FROM incidents WHERE time < $1', [beforeMs]);
      await this.#rows(this.#db.writer, 'DELETE FROM marks WHERE seen < $1', [beforeMs - MARKS_MS]);
      return Number(gone?.[0] ?? 0);
    }).catch(async (error: unknown) => {
      await this.#alone(() => this.#doubt());
      throw error;
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
    this.#shut();
  }
}

const placeOf = ([position, timeMs]: readonly unknown[]): string =>
  cursorText({ position: Number(position), timeMs: Number(timeMs) });

const failed = (cause: unknown): ServerError =>
  cause instanceof ServerError
    ? cause
    : /Invalid Input Error/.test(messageOf(cause)) && /regular|regex/i.test(messageOf(cause))
      ? new ServerError('SERVER_INVALID', 'the store cannot read a pattern of the filter', {
          help: 'write it simpler: the store knows RE2',
          cause,
        })
      : new ServerError('SERVER_STORE_FAILED', `the store does not work: ${messageOf(cause)}`, {
          help: 'nothing was acknowledged: nodes keep it and send it again. Check the space of its file system',
          cause,
        });
