import { z } from 'zod';
import { COUNT_BY, type StoredRecord, type Telemetry } from '../../telemetry/telemetry.js';
import { type Operation, operation } from '../operation.js';
import { pageQuery } from '../page.js';
import { filterOf, filterShape, time } from '../record-filter.js';

const MOST_BUCKETS = 2000;

export const record = z
  .object({
    ...{ kind: z.string(), timeMs: z.number(), priority: z.string(), rule: z.string() },
    ...{
      cluster: z.string(),
      nodeId: z.string(),
      node: z.string(),
      namespace: z.string(),
      workload: z.string(),
    },
    ...{ container: z.string(), incident: z.string(), receivedMs: z.number(), skewMs: z.number() },
    body: z.record(z.string(), z.unknown()).describe('the whole, in the form the kind has on the node'),
  })
  .meta({ id: 'Record', description: 'What a node told' });

export const shown = ({ boot: _boot, seq: _seq, ...rest }: StoredRecord) => rest;

/** Detections, verdicts, incidents, responses and the rest of what nodes tell. */
export function recordOperations(telemetry: Telemetry): readonly Operation[] {
  const common = { method: 'GET', tag: 'records', access: 'read' } as const;
  return [
    operation(
      {
        ...{ id: 'listRecords', path: '/records', ...common },
        summary: 'What nodes told, the latest first',
        query: z.object({ ...filterShape, ...pageQuery }),
        answer: z.object({ items: z.array(record), next: z.string().nullable() }),
      },
      async ({ query: { limit, cursor, ...asked } }, { grants }) => {
        const { records, cursor: next } = await telemetry.query(filterOf(asked, grants), limit, cursor);
        return { items: records.map(shown), next: next ?? null };
      },
    ),
    operation(
      {
        ...{ id: 'countRecords', path: '/records/counts', ...common },
        summary: 'How many, by spans of time and by one of their properties',
        query: z
          .object({
            ...filterShape,
            ...{ from: time, to: time },
            span: z.coerce.number().int().min(1000).describe('milliseconds'),
            by: z.enum(COUNT_BY).optional(),
          })
          .refine(({ from, to, span }) => to > from && (to - from) / span <= MOST_BUCKETS, {
            path: ['span'],
            message: `gives no span, or more than ${MOST_BUCKETS} of them`,
          }),
        answer: z.array(z.object({ atMs: z.number(), value: z.string(), count: z.number() })),
      },
      async ({ query: { span, by, ...asked } }, { grants }) =>
        telemetry.count({
          filter: filterOf(asked, grants),
          bucketMs: span,
          ...(by === undefined ? {} : { by }),
        }),
    ),
  ];
}
