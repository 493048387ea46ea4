import type { SentRecord } from '@runward/protocol';
import type { Place } from './cursor.js';
import { COLUMN_COUNT } from './rows.js';
import { soundText } from './sound-text.js';
import type { IncidentFilter, Origin } from './telemetry.js';
import { type Where, whereOf } from './where.js';

const PLACES = Array.from({ length: COLUMN_COUNT + 1 }, (_, at) => `$${at + 1}`).join(', ');

/** An incident as its node told it last: what it told before is among the records. */
export const PUT_INCIDENT = `INSERT OR REPLACE INTO incidents VALUES (${PLACES})`;

export function incidentRow(
  position: number,
  origin: Origin,
  record: SentRecord,
): (string | bigint | number)[] {
  const { kind, boot, seq, priority, rule, namespace, workload, container, incident, body } = record;
  return [
    ...[position, record.timeMs, origin.receivedMs, origin.skewMs].map((value) => BigInt(Math.trunc(value))),
    ...[kind, origin.cluster, origin.node, origin.nodeId, boot, BigInt(seq)],
    ...[priority, rule, namespace, workload, container, incident],
    ...[soundText(body), 0n, 0, stateOf(body)],
  ];
}

function stateOf(body: string): string {
  const { state } = JSON.parse(body) as { readonly state?: unknown }; // an object, as the protocol saw to
  return typeof state === 'string' ? state : '';
}

export function incidentWhere({ states, ...filter }: IncidentFilter, behind?: Place): Where {
  const { text, values } = whereOf(filter, behind, 'whole');
  if (states === undefined) return { text, values };
  const places = states.map((_, at) => `$${values.length + at + 1}`);
  const ofStates = places.length === 0 ? 'false' : `state IN (${places.join(', ')})`;
  return { text: `${text} AND ${ofStates}`, values: [...values, ...states] };
}
