import { z } from 'zod';

const DAY_MS = 86_400_000;
const names = z.array(z.string().min(1).max(253)).min(1).max(500);

const stageSchema = z
  .strictObject({
    nodes: names.optional().describe('these nodes, by name or id'),
    percent: z.number().gt(0).max(100).optional().describe('of the nodes it holds for; at least one'),
    clusters: names.optional().describe('all nodes of these clusters'),
    environments: names.optional().describe('all nodes of clusters of these environments'),
    soakMs: z
      .number()
      .int()
      .min(0)
      .max(30 * DAY_MS)
      .describe('how long it has to hold there without trouble before the next stage'),
  })
  .refine(
    ({ nodes, percent, clusters, environments }) =>
      [nodes, percent, clusters, environments].filter((each) => each !== undefined).length === 1,
    'is one of `nodes`, `percent`, `clusters` and `environments`',
  );
export type Stage = z.output<typeof stageSchema>;

const thresholdsSchema = z.strictObject({
  denials: z
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(10)
    .describe('verdicts on one node within a stage beyond those in the same time before; more: back'),
  detections: z
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(1000)
    .describe('detections on one node, counted in the same way'),
  errors: z
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('agents that refused it, lost records, began anew or went away; more: back'),
});
export type Thresholds = z.output<typeof thresholdsSchema>;

const HALF_HOUR_MS = 1_800_000;
/** A tenth of the nodes, then all of them. */
const USUAL: readonly Stage[] = [
  { percent: 10, soakMs: HALF_HOUR_MS },
  { percent: 100, soakMs: HALF_HOUR_MS },
];

export const planSchema = z
  .strictObject({
    stages: z
      .array(stageSchema)
      .max(20)
      .default([...USUAL])
      .describe('one after the other; the last of them becomes all nodes'),
    thresholds: thresholdsSchema.default({ denials: 10, detections: 1000, errors: 0 }),
  })
  .meta({ id: 'RolloutPlan', description: 'Where a version goes first, and what takes it back' });
export type Plan = z.output<typeof planSchema>;

const isAll = ({ percent }: Stage): boolean => percent === 100;

/** With a last stage that is all nodes; its soak is that of the stage before. */
export function wholePlan({ stages, thresholds }: Plan): Plan {
  const last = stages.at(-1);
  if (last !== undefined && isAll(last)) return { stages, thresholds };
  return { stages: [...stages, { percent: 100, soakMs: last?.soakMs ?? 0 }], thresholds };
}
