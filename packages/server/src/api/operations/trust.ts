import { z } from 'zod';
import type { StoredRecord, Telemetry } from '../../telemetry/telemetry.js';
import { type Operation, operation } from '../operation.js';
import { filterOf, filterShape } from '../record-filter.js';

/** Records that are looked through, the latest first; a node tells one when a container begins, changes or ends. */
const MOST_RECORDS = 10_000;
const PAGE = 1000;

const state = z.enum(['approved', 'changed', 'unapproved']);
type State = z.output<typeof state>;

const container = z.object({
  ...{ cluster: z.string(), node: z.string(), namespace: z.string(), workload: z.string() },
  ...{ container: z.string(), name: z.string(), image: z.string(), imageDigest: z.string() },
  state: state.describe('as approved, not so, or nothing was approved'),
  score: z.number().describe('of 100'),
  digest: z.string().describe('of what it may do'),
  differences: z.array(z.object({ what: z.string(), effect: z.string(), text: z.string() })),
  findings: z.array(z.object({ id: z.string(), severity: z.string(), text: z.string(), advice: z.string() })),
  sinceMs: z.number(),
});

/** What a node says of a container; whatever else may stand there is not looked at. */
const told = z.object({
  ...{ name: z.string().default(''), workload: z.string().default(''), image: z.string().default('') },
  ...{ imageDigest: z.string().default(''), state, score: z.number(), digest: z.string() },
  differences: container.shape.differences.default([]),
  findings: container.shape.findings.default([]),
});

const SHAPE = {
  cluster: filterShape.cluster,
  node: filterShape.node,
  namespace: filterShape.namespace,
  workload: filterShape.workload,
};

/** How what runs stands to what was approved (docs/attestation.md). */
export function trustOperations(telemetry: Telemetry): readonly Operation[] {
  return [
    operation(
      {
        ...{ id: 'listTrust', path: '/trust', method: 'GET', tag: 'records', access: 'read' },
        summary:
          'How running containers stand to what was approved, by workload; `/records?kind=attestation` has the history',
        query: z.object(SHAPE),
        answer: z.object({
          workloads: z.array(
            z.object({
              ...{ cluster: z.string(), workload: z.string(), state, score: z.number() },
              containers: z.array(container),
            }),
          ),
          complete: z.boolean().describe('false: there are older records that were not looked at'),
        }),
      },
      async ({ query }, { grants }) => {
        const filter = { ...filterOf(query, grants), kinds: ['attestation'] as const };
        const latest = new Map<string, StoredRecord>();
        let cursor: string | undefined;
        let looked = 0;
        do {
          const page = await telemetry.query(filter, PAGE, cursor);
          for (const record of page.records) {
            const key = `${record.nodeId}\0${record.container}`;
            if (!latest.has(key)) latest.set(key, record);
          }
          looked += page.records.length;
          ({ cursor } = page);
        } while (cursor !== undefined && looked < MOST_RECORDS);
        return { workloads: byWorkload([...latest.values()].flatMap(shown)), complete: cursor === undefined };
      },
    ),
  ];
}

/** Nothing of one that has ended, or of what cannot be read. */
function shown({
  cluster,
  node,
  namespace,
  container: id,
  timeMs,
  body,
}: StoredRecord): readonly Container[] {
  const read = told.safeParse(body);
  return read.success ? [{ cluster, node, namespace, container: id, sinceMs: timeMs, ...read.data }] : [];
}

type Container = z.output<typeof container>;
const WORST: readonly State[] = ['changed', 'unapproved', 'approved'];

/** The weakest first. */
const byWorkload = (containers: readonly Container[]) =>
  [...Map.groupBy(containers, ({ cluster, workload }) => `${cluster}\0${workload}`).values()]
    .map((own) => ({
      ...{ cluster: own[0]?.cluster ?? '', workload: own[0]?.workload ?? '', containers: own },
      state: WORST.find((each) => own.some((one) => one.state === each)) ?? 'unapproved',
      score: Math.min(100, ...own.map(({ score }) => score)),
    }))
    .sort((a, b) => WORST.indexOf(a.state) - WORST.indexOf(b.state) || a.score - b.score);
