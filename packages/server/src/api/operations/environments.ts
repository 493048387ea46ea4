import { type RuntimePolicy, readPolicies } from '@runward/policy';
import { z } from 'zod';
import type { Clusters } from '../../distribution/index.js';
import type { Document, Documents } from '../../documents/index.js';
import { ServerError } from '../../error.js';
import { clusterMap, OUTCOMES, recordedFlows, simulate } from '../../network/index.js';
import { scopesOf } from '../../people/index.js';
import type { RolloutDesk } from '../../rollouts/index.js';
import type { Telemetry } from '../../telemetry/telemetry.js';
import { isSeen } from '../document-access.js';
import { type Caller, type Operation, operation } from '../operation.js';

export interface EnvironmentParts {
  readonly documents: Documents;
  readonly desk: RolloutDesk;
  readonly clusters: Clusters;
  readonly telemetry: Telemetry;
}

const HOUR_MS = 3_600_000;
const MOST_ENDS = 200;

const environmentName = z.string().min(1).max(63);
const versions = z.array(z.number().nullable()).describe('those nodes are to hold; null: none');

const difference = z
  .object({
    document: z.object({ id: z.string(), kind: z.string(), name: z.string() }),
    ...{ left: versions, right: versions },
  })
  .meta({ id: 'EnvironmentDifference' });

const end = z.object({
  ...{ cluster: z.string(), client: z.string(), server: z.string(), role: z.enum(['client', 'server']) },
  ...{ protocol: z.string(), port: z.number(), connections: z.number(), after: z.enum(OUTCOMES) },
  line: z.object({ policy: z.string(), line: z.number(), words: z.string() }).nullable(),
});

/** One environment beside another: which documents differ, and what one's policies would make of the other's connections. */
export function environmentOperations(parts: EnvironmentParts): readonly Operation[] {
  const { documents, telemetry } = parts;
  return [
    operation(
      {
        ...{ id: 'compareEnvironments', method: 'GET', path: '/environments/compare', tag: 'documents' },
        access: 'read',
        summary: 'Which documents differ, and what the policies of the left would deny on the right',
        query: z.object({
          ...{ left: environmentName, right: environmentName },
          hours: z.coerce
            .number()
            .min(0.1)
            .max(24 * 90)
            .default(24)
            .describe('of recorded connections, up to now'),
        }),
        answer: z.object({
          left: z.array(z.string()).describe('its clusters'),
          right: z.array(z.string()),
          same: z.number().describe('documents that do not differ'),
          differences: z.array(difference),
          tried: z
            .object({
              policies: z.array(z.string()).describe('those of the left that the right has otherwise or not'),
              connections: z.record(z.enum(OUTCOMES), z.number()),
              notSelected: z.number().describe('connections of containers that they do not select'),
              linesOfPrograms: z.number().describe('lines that fit nothing here: programs are not recorded'),
              ends: z.array(end).describe('the worst first, 200 at most'),
              isWhole: z.boolean().describe('false: there were more flows than were looked at'),
            })
            .nullable()
            .describe('recorded connections of the right, judged; null: no policy differs'),
        }),
      },
      async ({ query: { left: leftName, right: rightName, hours } }, caller) => {
        const [left, right] = [
          await clustersOf(parts, leftName, caller),
          await clustersOf(parts, rightName, caller),
        ];
        const seen = (await documents.list()).filter((each) => isSeen(caller, each));
        const compared = await Promise.all(seen.map((each) => held(parts, each, left, right)));
        const differences = compared.filter((each) => String(each.left) !== String(each.right));
        const policies = await policiesOf(documents, differences);
        const [toMs, clusters] = [Date.now(), [...right]];
        const filter = {
          within: scopesOf(caller.grants, 'read'),
          clusters,
          fromMs: toMs - hours * HOUR_MS,
          toMs,
        };
        return {
          ...{ left: [...left], right: [...right], same: compared.length - differences.length },
          differences: differences.map(({ document: { id, kind, name }, ...each }) => ({
            ...each,
            document: { id, kind, name },
          })),
          tried: policies.length === 0 ? null : await tried(telemetry, filter, policies),
        };
      },
    ),
  ];
}

/** @throws ServerError SERVER_NOT_FOUND */
async function clustersOf(
  { clusters }: EnvironmentParts,
  environment: string,
  { grants }: Caller,
): Promise<ReadonlySet<string>> {
  const all = [...(await clusters.all())].filter(
    ([name, of]) => of === environment && grants.some(({ cluster }) => cluster === '*' || cluster === name),
  );
  if (all.length > 0) return new Set(all.map(([name]) => name));
  throw new ServerError('SERVER_NOT_FOUND', `no cluster is of the environment \`${environment}\``, {
    help: 'PUT /api/v1/clusters/NAME says of which a cluster is',
  });
}

interface Compared {
  readonly document: Document;
  readonly left: readonly (number | null)[];
  readonly right: readonly (number | null)[];
}

/** By what nodes are to hold; where a cluster has no node yet, nothing. */
async function held(
  { desk }: EnvironmentParts,
  document: Document,
  left: ReadonlySet<string>,
  right: ReadonlySet<string>,
): Promise<Compared> {
  const holders = await desk.holders(document);
  const versionsIn = (clusters: ReadonlySet<string>): readonly (number | null)[] => {
    const found = holders.filter(({ node }) => clusters.has(node.cluster)).map(({ wanted }) => wanted);
    return found.length === 0 ? [null] : [...new Set(found)].sort((a, b) => (a ?? 0) - (b ?? 0));
  };
  return { document, left: versionsIn(left), right: versionsIn(right) };
}

/** Of the left, the newest version where there are several. */
async function policiesOf(
  documents: Documents,
  differences: readonly Compared[],
): Promise<readonly RuntimePolicy[]> {
  const found: RuntimePolicy[] = [];
  for (const { document, left } of differences) {
    const newest = left.at(-1);
    if (document.kind !== 'policy' || newest == null) continue;
    const { text } = await documents.version(document.id, newest);
    found.push(...readPolicies([{ name: document.name, text }]).policies);
  }
  // Two documents of one policy name are refused by nodes; here the first counts.
  return found.filter(({ name }, at) => found.findIndex((each) => each.name === name) === at);
}

async function tried(
  telemetry: Telemetry,
  filter: Parameters<typeof recordedFlows>[1],
  policies: readonly RuntimePolicy[],
) {
  const { flows, isWhole } = await recordedFlows(telemetry, filter);
  const { ends, connections, notSelected, linesOfPrograms } = simulate(
    clusterMap(flows).edges,
    () => policies,
  );
  return {
    ...{ policies: policies.map(({ name }) => name), connections, notSelected, linesOfPrograms, isWhole },
    ends: ends.slice(0, MOST_ENDS),
  };
}
