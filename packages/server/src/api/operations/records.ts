import { RECORD_KINDS } from '@runward/protocol';
import { z } from 'zod';
import { type Grant, scopesOf } from '../../people/index.js';
import {
  COUNT_BY,
  type StoredRecord,
  type Telemetry,
  type TelemetryFilter,
} from '../../telemetry/telemetry.js';
import { type Operation, operation } from '../operation.js';
import { pageQuery } from '../page.js';

const MOST_BUCKETS = 2000;

const time = z.coerce.number().int().min(0).max(8_640_000_000_000);
/** One value, or several of which any fits. */
const names = z
  .union([z.string().max(512), z.array(z.string().max(512)).max(100)])
  .transform((value) => [value].flat())
  .optional();

const filterShape = {
  from: time.optional().describe('milliseconds since the epoch, by the clock of the node: from then on'),
  to: time.optional().describe('before then'),
  kind: z
    .union([z.enum(RECORD_KINDS), z.array(z.enum(RECORD_KINDS)).max(RECORD_KINDS.length)])
    .transform((value) => [value].flat())
    .optional(),
  ...{ cluster: names, node: names, namespace: names, workload: names, container: names },
  ...{ rule: names, priority: names, incident: names },
};

type Asked = z.output<z.ZodObject<typeof filterShape>>;

const record = z
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

/** Only what the grants let the caller see. */
function filterOf(asked: Asked, grants: readonly Grant[]): TelemetryFilter {
  const { from, to, kind, cluster, node, namespace, workload, container, rule, priority, incident } = asked;
  return {
    within: scopesOf(grants, 'read'),
    ...(from === undefined ? {} : { fromMs: from }),
    ...(to === undefined ? {} : { toMs: to }),
    ...(kind && { kinds: kind }),
    ...(cluster && { clusters: cluster }),
    ...(node && { nodes: node }),
    ...(namespace && { namespaces: namespace }),
    ...(workload && { workloads: workload }),
    ...(container && { containers: container }),
    ...(rule && { rules: rule }),
    ...(priority && { priorities: priority }),
    ...(incident && { incidents: incident }),
  };
}

const shown = ({ boot: _boot, seq: _seq, ...rest }: StoredRecord) => rest;

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
