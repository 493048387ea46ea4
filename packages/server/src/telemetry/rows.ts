import { type DuckDBAppender, DuckDBBlobValue } from '@duckdb/node-api';
import type { RecordKind, SentRecord } from '@runward/protocol';
import { type Block, unpackBodies } from './bodies.js';
import type { Origin, StoredRecord } from './telemetry.js';

/** What {@link readRows} reads, in its order. */
export const COLUMNS = `position, time, received, skew, kind, cluster, node, node_id, boot, seq, priority, rule, namespace,
  workload, container, incident, body, block, line`;
export const COLUMN_COUNT = 19;
const [BODY_AT, BLOCK_AT, LINE_AT] = [16, 17, 18];

type Row = readonly unknown[];

/** Where a body is, and its numbers where the store adds them up. */
export interface StoredBody {
  readonly block: number;
  readonly line: number;
  readonly numbers: string;
}

/** In the order of the columns of the table. */
export function appendRow(
  to: DuckDBAppender,
  position: number,
  origin: Origin,
  record: SentRecord,
  body: StoredBody,
): void {
  for (const number of [position, record.timeMs, origin.receivedMs, origin.skewMs])
    to.appendBigInt(BigInt(Math.trunc(number)));
  for (const text of [record.kind, origin.cluster, origin.node, origin.nodeId, record.boot])
    to.appendVarchar(text);
  to.appendBigInt(BigInt(record.seq));
  const { priority, rule, namespace, workload, container, incident } = record;
  for (const text of [priority, rule, namespace, workload, container, incident]) to.appendVarchar(text);
  to.appendVarchar(body.numbers);
  to.appendBigInt(BigInt(body.block));
  to.appendInteger(body.line);
  to.endRow();
}

export function appendBlock(to: DuckDBAppender, number: number, { kind, latestMs, data }: Block): void {
  to.appendBigInt(BigInt(number));
  to.appendVarchar(kind);
  to.appendBigInt(BigInt(latestMs));
  to.appendBlob(data);
  to.endRow();
}

/**
 * Rows as records, with their bodies. One of which the block is not there any more is undefined: it was too old, and went
 * between the two questions.
 */
export async function readRows(
  rows: readonly Row[],
  ask: (text: string, values: readonly number[]) => Promise<readonly Row[]>,
): Promise<readonly (StoredRecord | undefined)[]> {
  const wanted = [...new Set(rows.map((row) => Number(row[BLOCK_AT])).filter((block) => block > 0))];
  const list = wanted.map((_, at) => `$${at + 1}`).join(', ');
  const found =
    wanted.length === 0 ? [] : await ask(`SELECT block, data FROM bodies WHERE block IN (${list})`, wanted);
  const blocks = new Map(found.map(([block, data]) => [Number(block), unpackBodies(bytesOf(data))]));
  return rows.map((row) => {
    const block = Number(row[BLOCK_AT]);
    const body = block === 0 ? String(row[BODY_AT]) : blocks.get(block)?.[Number(row[LINE_AT])];
    return body === undefined ? undefined : recordOf(row, body);
  });
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof DuckDBBlobValue) return value.bytes;
  throw new TypeError('a block is bytes');
}

function recordOf(row: Row, body: string): StoredRecord {
  const [, time, received, skew, kind, cluster, node, nodeId, boot, seq, ...labels] = row;
  const [priority, rule, namespace, workload, container, incident] = labels.map(String);
  return {
    ...{ nodeId: String(nodeId), node: String(node), cluster: String(cluster) },
    ...{ receivedMs: Number(received), skewMs: Number(skew), timeMs: Number(time) },
    ...{ boot: String(boot), seq: Number(seq), kind: String(kind) as RecordKind }, // was one when it was stored
    ...{ priority: priority ?? '', rule: rule ?? '', namespace: namespace ?? '', workload: workload ?? '' },
    ...{ container: container ?? '', incident: incident ?? '' },
    body: JSON.parse(body) as StoredRecord['body'], // was one when it was stored
  };
}

/** A record that was just stored; its body is read when somebody looks at it. */
export function arrived({ body: text, ...record }: SentRecord, origin: Origin): StoredRecord {
  return {
    ...record,
    ...origin,
    get body() {
      return JSON.parse(text) as StoredRecord['body']; // an object, as the protocol saw to
    },
  };
}
