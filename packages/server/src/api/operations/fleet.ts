import { TRUST_STATES } from '@runward/protocol';
import { z } from 'zod';
import { ServerError } from '../../error.js';
import type { FleetNode, Fleetwork } from '../../link/fleetwork.js';
import { may } from '../../people/index.js';
import { type Caller, type Operation, operation } from '../operation.js';

const HOUR_MS = 3_600_000;

const name = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[\w.-]+$/, 'letters, digits, `.`, `_` and `-`');
export const nodeId = z.uuid('is no id of a node');
const time = z.number().describe('milliseconds since the epoch');

const node = z
  .object({
    ...{ id: z.string(), name: z.string(), cluster: z.string(), enrolledMs: time },
    revoked: z.boolean(),
    connected: z.boolean(),
    lastSeenMs: time.nullable().describe('null: not since this server started'),
    skewMs: z.number().describe('by how much its clock is ahead'),
    missing: z.number().describe('records it made that did not arrive'),
    agent: z
      .object({
        ...{
          version: z.string(),
          kernel: z.string(),
          startedMs: time,
          queued: z.number(),
          queuedBytes: z.number(),
        },
        ...{ lost: z.number(), rejected: z.number(), dropped: z.number() },
        features: z.array(z.object({ name: z.string(), problem: z.string() })),
      })
      .nullable(),
    trust: z
      .object({ state: z.enum(TRUST_STATES), reason: z.string(), detail: z.string(), sinceMs: time })
      .describe('whether it is what it is expected to be, as its TPM proves it'),
  })
  .meta({ id: 'Node' });

const seen = (caller: Caller, { cluster }: FleetNode): boolean =>
  caller.grants.some((grant) => grant.cluster === '*' || grant.cluster === cluster);

function managedBy(caller: Caller, cluster: string): void {
  if (!may(caller.grants, 'fleet.manage', { cluster }))
    throw new ServerError('SERVER_NOT_ALLOWED', `nodes of the cluster \`${cluster}\` are managed by others`);
}

/** Of a cluster that the caller does not see nothing is said. @throws ServerError SERVER_NOT_FOUND */
export function nodeOf(fleet: Pick<Fleetwork, 'nodes'>, id: string, caller: Caller): FleetNode {
  const found = fleet.nodes().find((each) => each.id === id);
  if (found !== undefined && seen(caller, found)) return found;
  throw new ServerError('SERVER_NOT_FOUND', `there is no node \`${id}\``);
}

/** Nodes, and how they come and go. */
export function fleetOperations(fleet: Fleetwork): readonly Operation[] {
  return [
    operation(
      {
        ...{ id: 'listNodes', method: 'GET', path: '/nodes', tag: 'fleet', access: 'read' },
        summary: 'The nodes, and how they are',
        answer: z.array(node),
      },
      async (_request, caller) => fleet.nodes().filter((each) => seen(caller, each)),
    ),
    operation(
      {
        ...{ id: 'createEnrolmentToken', method: 'POST', path: '/enrolment-tokens', tag: 'fleet' },
        access: 'fleet.manage',
        summary: 'A token for one node to join a cluster; told once',
        body: z.strictObject({
          cluster: name.default('main'),
          node: name.optional().describe('only a node of this name'),
          replace: z.boolean().default(false).describe('may take over the name of a node that is there'),
          hours: z
            .number()
            .min(0.01)
            .max(24 * 30)
            .default(1),
        }),
        answer: z.object({ id: z.string(), token: z.string() }),
        ...{ status: 201, tellsSecret: true },
      },
      async ({ body: { hours, node: only, ...order }, changed }, caller) => {
        managedBy(caller, order.cluster);
        const asked = { ...order, node: only ?? null, by: caller.person.name };
        const made = fleet.createToken({ ...asked, validMs: hours * HOUR_MS });
        changed({ target: `enrolment-tokens/${made.id}`, before: null, after: { ...asked, hours } });
        return { id: made.id, token: made.text };
      },
    ),
    operation(
      {
        ...{ id: 'revokeNode', method: 'DELETE', path: '/nodes/{id}', tag: 'fleet', access: 'fleet.manage' },
        summary: 'Takes a node its certificate; it has to enrol anew',
        params: z.object({ id: nodeId }),
      },
      async ({ params, changed }, caller) => {
        const found = nodeOf(fleet, params.id, caller);
        managedBy(caller, found.cluster);
        fleet.revoke(found.id, `by ${caller.person.name}`);
        const { name: called, cluster } = found;
        changed({ target: `nodes/${found.id}`, before: { name: called, cluster }, after: null });
      },
    ),
  ];
}
