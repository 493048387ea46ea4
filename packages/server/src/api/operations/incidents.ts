import { INCIDENT_MOVES } from '@runward/protocol';
import { z } from 'zod';
import { ServerError } from '../../error.js';
import type { Fleetwork } from '../../link/fleetwork.js';
import { may, type Permission } from '../../people/index.js';
import type { StoredRecord, Telemetry } from '../../telemetry/telemetry.js';
import { type Caller, type Operation, operation } from '../operation.js';
import { pageQuery } from '../page.js';
import { filterOf, filterShape } from '../record-filter.js';
import { record, shown } from './records.js';

const STATES = ['open', 'investigating', 'contained', 'resolved', 'false-positive'] as const;

const { kind: _kind, container: _container, ...places } = filterShape;
const incidentShape = {
  ...places,
  state: z
    .union([z.enum(STATES), z.array(z.enum(STATES)).max(STATES.length)])
    .transform((value) => [value].flat())
    .optional(),
};

type Asked = z.output<z.ZodObject<typeof incidentShape>>;

const ofIncidents = ({ state, ...asked }: Asked, { grants }: Caller) => ({
  ...filterOf({ ...asked, kind: undefined, container: undefined }, grants),
  ...(state && { states: state }),
});

const params = z.object({
  id: z.uuid('is no id of a node'),
  incident: z.string().min(1).max(128),
});
const told = z.object({
  done: z.boolean(),
  problem: z.string(),
  result: z.unknown().describe('what the node says of it, such as the exception it proposes'),
});

/** Incidents as they stand, and what is done with them at the node that keeps them. */
export function incidentOperations(fleet: Fleetwork, telemetry: Telemetry): readonly Operation[] {
  const common = { tag: 'incidents', access: 'read' } as const;

  /** @throws ServerError SERVER_NOT_FOUND for what the caller does not see, SERVER_NOT_ALLOWED */
  const incidentOf = async (
    { id, incident }: z.output<typeof params>,
    caller: Caller,
    needs: Permission,
  ): Promise<StoredRecord> => {
    const filter = { ...filterOf({}, caller.grants), incidents: [incident] };
    const { records } = await telemetry.incidents(filter, 100);
    const found = records.find(({ nodeId }) => nodeId === id);
    if (found === undefined)
      throw new ServerError('SERVER_NOT_FOUND', `there is no incident \`${incident}\` of this node`);
    const { cluster, namespace, workload } = found;
    if (!may(caller.grants, needs, { cluster, namespace, workload }))
      throw new ServerError('SERVER_NOT_ALLOWED', 'this incident is worked on by others', {
        help: `a role with \`${needs}\` is needed where it is`,
      });
    return found;
  };

  return [
    operation(
      {
        ...{ id: 'listIncidents', method: 'GET', path: '/incidents', ...common },
        summary: 'Each incident as its node told it last, the latest first',
        query: z.object({ ...incidentShape, ...pageQuery }),
        answer: z.object({ items: z.array(record), next: z.string().nullable() }),
      },
      async ({ query: { limit, cursor, ...asked } }, caller) => {
        const { records, cursor: next } = await telemetry.incidents(
          ofIncidents(asked, caller),
          limit,
          cursor,
        );
        return { items: records.map(shown), next: next ?? null };
      },
    ),
    operation(
      {
        ...{ id: 'countIncidents', method: 'GET', path: '/incidents/counts', ...common },
        summary: 'How many there are, by state and severity',
        query: z.object(incidentShape),
        answer: z.array(z.object({ state: z.string(), severity: z.string(), count: z.number() })),
      },
      async ({ query }, caller) => telemetry.countIncidents(ofIncidents(query, caller)),
    ),
    operation(
      {
        ...{
          id: 'adviseIncident',
          method: 'GET',
          path: '/nodes/{id}/incidents/{incident}/advice',
          ...common,
        },
        summary:
          'What its node says about it: what it means, what to look at, what to do, what would have denied it',
        ...{ params, answer: told },
      },
      async ({ params: asked }, caller) => {
        await incidentOf(asked, caller, 'read');
        const action = { do: 'incident', id: asked.incident, move: 'advise', text: '' } as const;
        const { ok, problem, result } = await fleet.command(asked.id, action, caller.person.name);
        return { done: ok, problem, result };
      },
    ),
    operation(
      {
        ...{
          id: 'moveIncident',
          method: 'POST',
          path: '/nodes/{id}/incidents/{incident}/moves',
          tag: 'incidents',
        },
        access: 'incidents.write',
        summary: 'Works on an incident at the node that keeps it',
        params,
        body: z
          .strictObject({
            do: z.enum(INCIDENT_MOVES).exclude(['advise']),
            text: z
              .string()
              .trim()
              .max(4000)
              .default('')
              .describe('the note, who it is assigned to, or the reason'),
          })
          .refine((body) => body.text !== '' || body.do !== 'note', {
            path: ['text'],
            message: 'write something',
          }),
        answer: told,
      },
      async ({ params: asked, body, changed }, caller) => {
        const { body: before } = await incidentOf(asked, caller, 'incidents.write');
        changed({
          target: `nodes/${asked.id}/incidents/${asked.incident}`,
          before: { state: before.state ?? null, assignee: before.assignee ?? null },
          after: body,
        });
        // Whoever takes it is meant where nobody is named.
        const text = body.do === 'assign' && body.text === '' ? caller.person.name : body.text;
        const action = { do: 'incident', id: asked.incident, move: body.do, text } as const;
        const { ok, problem, result } = await fleet.command(asked.id, action, caller.person.name);
        return { done: ok, problem, result };
      },
    ),
  ];
}
