import type { Answer } from '@runward/protocol';
import { z } from 'zod';
import { ServerError } from '../../error.js';
import type { FleetNode, Fleetwork } from '../../link/fleetwork.js';
import { may } from '../../people/index.js';
import type { StoredRecord, Telemetry, TelemetryFilter } from '../../telemetry/telemetry.js';
import { type Caller, type Operation, operation } from '../operation.js';
import { nodeId, nodeOf } from './fleet.js';

const answered = z.object({ done: z.boolean(), problem: z.string(), result: z.unknown() });
const told = ({ ok, problem, result }: Answer): z.infer<typeof answered> => ({ done: ok, problem, result });

/** The latest of them are looked through for a response that is to be taken back. */
const MOST_RESPONSES = 1000;

/** What nodes are asked to do about containers, by whoever may where the container is. */
export function responseOperations(
  fleet: Pick<Fleetwork, 'nodes' | 'command'>,
  telemetry: Telemetry,
): readonly Operation[] {
  const recordsOf = async (
    { cluster, name }: FleetNode,
    filter: TelemetryFilter,
    limit: number,
  ): Promise<readonly StoredRecord[]> =>
    (await telemetry.query({ clusters: [cluster], nodes: [name], ...filter }, limit)).records;

  /** Where it is, the node has told; what nothing is known of is for those who may in the whole cluster. */
  const demand = ({ cluster }: FleetNode, known: StoredRecord | undefined, caller: Caller): void => {
    const place = { cluster, ...(known && { namespace: known.namespace, workload: known.workload }) };
    if (!may(caller.grants, 'respond', place))
      throw new ServerError('SERVER_NOT_ALLOWED', 'this container is responded to by others', {
        help: 'a role that may respond is needed in its cluster, namespace and workload',
      });
  };

  return [
    operation(
      {
        ...{ id: 'respond', method: 'POST', path: '/nodes/{id}/respond', tag: 'response', access: 'respond' },
        summary: 'Acts on a container: kill, pause, isolate and the other actions of `runward respond`',
        params: z.object({ id: nodeId }),
        body: z.strictObject({
          container: z.string().min(1).max(512).describe('its id'),
          order: z.record(z.string(), z.unknown()).describe('such as { "action": "pause" }'),
          why: z.string().trim().min(1).max(1000),
        }),
        answer: answered,
      },
      async ({ params, body, changed }, caller) => {
        const found = nodeOf(fleet, params.id, caller);
        const { container, order, why } = body;
        const [known] = await recordsOf(
          found,
          { kinds: ['container', 'detection', 'verdict', 'response'], containers: [container] },
          1,
        );
        demand(found, known, caller);
        changed({ target: `nodes/${found.id}/containers/${container}`, before: null, after: { order, why } });
        const action = { do: 'respond', container, order, why } as const;
        return told(await fleet.command(found.id, action, caller.person.name));
      },
    ),
    operation(
      {
        ...{ id: 'undoResponse', method: 'POST', path: '/nodes/{id}/undo', tag: 'response' },
        access: 'respond',
        summary: 'Takes a response back',
        params: z.object({ id: nodeId }),
        body: z.strictObject({ response: z.string().min(1).max(128) }),
        answer: answered,
      },
      async ({ params, body, changed }, caller) => {
        const found = nodeOf(fleet, params.id, caller);
        const latest = await recordsOf(found, { kinds: ['response'] }, MOST_RESPONSES);
        const known = latest.find((record) => record.body.id === body.response);
        demand(found, known, caller);
        changed({
          target: `nodes/${found.id}/responses/${body.response}`,
          before: null,
          after: { undone: true },
        });
        const action = { do: 'undo', id: body.response } as const;
        return told(await fleet.command(found.id, action, caller.person.name));
      },
    ),
  ];
}
