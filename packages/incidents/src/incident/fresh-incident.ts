import type { Sighting } from '../sighting/sighting.js';
import type { Draft } from './incident.js';

/** An incident nothing was added to yet. */
export function freshIncident(id: string, { entry, hostname }: Sighting): Draft {
  return {
    ...{ format: 1, id, state: 'open', severity: 'low', score: 0, title: '', hostname, workloads: [] },
    ...{ assignee: '', firstMs: entry.timeMs, lastMs: entry.lastMs, stateMs: entry.timeMs, count: 0 },
    ...{
      absorbed: 0,
      stages: [],
      techniques: [],
      rules: [],
      containers: [],
      exposed: [],
      processes: [],
      actions: [],
    },
    timeline: { first: [], milestones: [], last: [] },
    notes: [],
    changes: [],
    leftOut: {
      ...{ timeline: {}, rules: 0, containers: 0, processes: 0, techniques: 0 },
      ...{ actions: 0, notes: 0, changes: 0 },
    },
  };
}

const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const DIGITS = 10;

/** A name made of what opened it: the same detections give the same names, on any machine. */
export function incidentId({ entry, container, hostname }: Sighting, salt: number): string {
  const parts = [hostname, container.workload, container.id, entry.rule, entry.time, String(salt)];
  let hash = OFFSET;
  for (const byte of new TextEncoder().encode(parts.join('\0')))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME);
  const day = new Date(entry.timeMs).toISOString().slice(2, 10).replaceAll('-', '');
  return `inc-${day}-${hash.toString(16).padStart(16, '0').slice(0, DIGITS)}`;
}
