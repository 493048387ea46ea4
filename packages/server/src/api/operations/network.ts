import { readPolicies } from '@runward/policy';
import { NETWORK_MODES } from '@runward/protocol';
import { z } from 'zod';
import type { Documents } from '../../documents/index.js';
import { ServerError } from '../../error.js';
import {
  type ClusterEdge,
  clusterMap,
  EDGE_VERDICTS,
  OUTCOMES,
  policiesInForce,
  propose,
  recordedFlows,
  simulate,
} from '../../network/index.js';
import type { Grant } from '../../people/index.js';
import type { Telemetry } from '../../telemetry/telemetry.js';
import { isSeen } from '../document-access.js';
import { type Operation, operation } from '../operation.js';
import { filterOf, filterShape, time } from '../record-filter.js';

const MOST_TEXT = 1024 * 1024;
/** The line of a problem in a text is told; more of them are no help. */
const MOST_FAULTS = 50;

const periodShape = {
  from: time.describe('milliseconds since the epoch, by the clocks of the nodes: from then on'),
  to: time.describe('before then'),
  ...{ cluster: filterShape.cluster, node: filterShape.node },
  ...{ namespace: filterShape.namespace, workload: filterShape.workload },
};
type Asked = z.output<z.ZodObject<typeof periodShape>>;

const node = z
  .object({
    ...{ id: z.string(), label: z.string(), cluster: z.string(), namespace: z.string() },
    kind: z.enum(['container', 'host', 'service', 'external']),
    ...{ containers: z.array(z.string()), images: z.array(z.string()), serves: z.array(z.string()) },
  })
  .meta({ id: 'MapNode' });

const mode = z.enum(NETWORK_MODES).nullable();
const edge = z
  .object({
    ...{ id: z.string(), cluster: z.string(), client: z.string(), server: z.string() },
    ...{ protocol: z.string(), port: z.number(), services: z.array(z.string()) },
    seenBy: z.enum(['client', 'server', 'both']),
    ...{ connections: z.number(), failures: z.number(), refused: z.number(), timedOut: z.number() },
    ...{ unreachable: z.number(), resets: z.number(), bytesToServer: z.number(), bytesToClient: z.number() },
    policy: z.object({ allowed: z.number(), denied: z.number(), wouldDeny: z.number() }).nullable(),
    verdict: z.enum(EDGE_VERDICTS),
    ...{ clientMode: mode, serverMode: mode },
    ...{ firstMs: z.number(), lastActiveMs: z.number() },
  })
  .meta({ id: 'MapEdge', description: 'Everything between two nodes of the map at one port' });

const whole = {
  unreadable: z.number().describe('flows that a node told in another form than is agreed'),
  isWhole: z
    .boolean()
    .describe('false: there were more flows; those that were last active are in the answer'),
};

const simulatedEnd = z
  .object({
    ...{ edge: z.string(), role: z.enum(['client', 'server']), cluster: z.string() },
    ...{ client: z.string(), server: z.string(), protocol: z.string(), port: z.number() },
    ...{ connections: z.number(), before: z.enum(EDGE_VERDICTS), after: z.enum(OUTCOMES) },
    line: z.object({ policy: z.string(), line: z.number(), words: z.string() }).nullable(),
    policies: z.array(z.string()),
  })
  .meta({ id: 'SimulatedEnd' });

const shown = ({ flows: _, policy, ...rest }: ClusterEdge) => ({ ...rest, policy: policy ?? null });

/** Who talked to whom, and what policies make of it. */
export function networkOperations(
  telemetry: Telemetry,
  documents: Pick<Documents, 'list' | 'version'>,
): readonly Operation[] {
  const common = { tag: 'network', access: 'read' } as const;
  const look = async (asked: Asked, grants: readonly Grant[]) => {
    const { flows, ...rest } = await recordedFlows(telemetry, filterOf(asked, grants));
    return { ...clusterMap(flows), ...rest };
  };
  return [
    operation(
      {
        ...{ id: 'getMap', method: 'GET', path: '/map', ...common },
        summary: 'Who talked to whom in a period, with what policies said of it',
        query: z.object(periodShape),
        answer: z.object({ nodes: z.array(node), edges: z.array(edge), ...whole }),
      },
      async ({ query }, { grants }) => {
        const { edges, ...rest } = await look(query, grants);
        return { ...rest, edges: edges.map(shown) };
      },
    ),
    operation(
      {
        ...{ id: 'proposePolicy', method: 'POST', path: '/map/propose', ...common },
        summary: 'The policy that would allow or deny an edge of the map; changes nothing',
        body: z.strictObject({
          ...periodShape,
          edge: z.string().min(1).max(4096).describe('its id'),
          decision: z.enum(['allow', 'deny']),
          end: z.enum(['client', 'server']).describe('whose policy says so'),
          mode: z.enum(['monitor', 'protect']).default('monitor'),
        }),
        answer: z.object({
          name: z.string(),
          line: z.string(),
          text: z.string(),
          notes: z.array(z.string()),
        }),
      },
      async ({ body: { edge: id, decision, end, mode, ...asked } }, { grants }) => {
        const found = (await look(asked, grants)).edges.find((each) => each.id === id);
        if (found === undefined)
          throw new ServerError('SERVER_NOT_FOUND', 'there is no such edge in this period', {
            help: 'ask for the map of the period again',
          });
        return propose(found, { decision, end, mode });
      },
    ),
    operation(
      {
        ...{ id: 'simulatePolicy', method: 'POST', path: '/map/simulate', ...common },
        summary: 'What policies would have made of the flows of a period; changes nothing',
        body: z.strictObject({
          ...periodShape,
          policies: z.string().min(1).max(MOST_TEXT).describe('RuntimePolicies, as YAML'),
          inForce: z
            .boolean()
            .default(false)
            .describe('together with those that documents have in force; one of the same name is replaced'),
        }),
        answer: z.object({
          inForce: z.array(z.string()).describe('documents that were taken into account, by name'),
          ends: z.array(simulatedEnd).describe('those that the policies select, the worst first'),
          connections: z.record(z.enum(OUTCOMES), z.number()),
          notSelected: z.number().describe('connections of containers that no policy selects'),
          linesOfPrograms: z
            .number()
            .describe('lines with `from`, which fit nothing here: programs are not recorded'),
          ...whole,
        }),
      },
      async ({ body: { policies: text, inForce: isTogether, ...asked } }, caller) => {
        const { policies, diagnostics } = readPolicies([{ name: 'policies', text }]);
        const faults = diagnostics
          .filter(({ severity }) => severity === 'error')
          .map(({ span, message }) => ({ at: `body.policies line ${span.line}`, message }));
        if (faults.length > 0)
          throw new ServerError('SERVER_INVALID', 'the policies have errors', {
            faults: faults.slice(0, MOST_FAULTS),
            help: 'docs/policy-language.md says what they may hold',
          });
        const { edges, unreadable, isWhole } = await look(asked, caller.grants);
        const inForce = isTogether
          ? await policiesInForce(documents, (each) => isSeen(caller, each))
          : { of: () => [], documents: [] };
        const changed = new Set(policies.map(({ name }) => name));
        const found = simulate(edges, (cluster) => [
          ...policies,
          ...inForce.of(cluster).filter(({ name }) => !changed.has(name)),
        ]);
        return { ...found, inForce: inForce.documents.map(({ name }) => name), unreadable, isWhole };
      },
    ),
  ];
}
