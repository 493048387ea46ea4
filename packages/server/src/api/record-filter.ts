import { RECORD_KINDS } from '@runward/protocol';
import { z } from 'zod';
import { LONGEST_FILTER, readFilter } from '../filter/index.js';
import { type Grant, scopesOf } from '../people/index.js';
import type { TelemetryFilter } from '../telemetry/telemetry.js';

export const time = z.coerce.number().int().min(0).max(8_640_000_000_000);
/** One value, or several of which any fits. */
const names = z
  .union([z.string().max(512), z.array(z.string().max(512)).max(100)])
  .transform((value) => [value].flat())
  .optional();

/** A condition in the language of rules. What is wrong with it is told with its place. */
export const condition = z
  .string()
  .max(LONGEST_FILTER)
  .transform((text, context) => {
    if (text.trim() === '') return undefined;
    const read = readFilter(text);
    if ('condition' in read) return read.condition;
    const { message, start, end } = read;
    context.addIssue({ code: 'custom', message, params: { start, end } });
    return z.NEVER;
  })
  .optional();

/** Which records, as a query says it. */
export const filterShape = {
  from: time.optional().describe('milliseconds since the epoch, by the clock of the node: from then on'),
  to: time.optional().describe('before then'),
  kind: z
    .union([z.enum(RECORD_KINDS), z.array(z.enum(RECORD_KINDS)).max(RECORD_KINDS.length)])
    .transform((value) => [value].flat())
    .optional(),
  ...{ cluster: names, node: names, namespace: names, workload: names, container: names },
  ...{ rule: names, priority: names, incident: names },
  filter: condition.describe(
    'a condition in the language of rules, such as `proc.name = sh and not k8s.ns.name in (test)`',
  ),
};

export type Asked = z.output<z.ZodObject<typeof filterShape>>;

/** Only what the grants let the caller see. */
export function filterOf(asked: Asked, grants: readonly Grant[]): TelemetryFilter {
  const { from, to, kind, cluster, node, namespace, workload, container, rule, priority, incident, filter } =
    asked;
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
    ...(filter && { condition: filter }),
  };
}
