import { type Answer, nameSchema, RECORD_KINDS } from '@runward/protocol';
import { z } from 'zod';
import type { Trust } from '../attestation/index.js';
import type { Node } from '../link/book.js';
import type { Sighting } from '../link/fleet.js';
import type { Link } from '../server.js';

const texts = z.array(z.string().max(512)).max(100).optional();
const person = z.string().min(1).max(256);
const YEAR_MS = 366 * 86_400_000;

const which = { node: z.string().min(1).max(256), cluster: nameSchema.optional() };

const filterSchema = z.strictObject({
  fromMs: z.int().min(0).optional(),
  toMs: z.int().min(0).optional(),
  kinds: z.array(z.enum(RECORD_KINDS)).optional(),
  ...{ clusters: texts, nodes: texts, namespaces: texts, workloads: texts, containers: texts },
  ...{ rules: texts, priorities: texts, incidents: texts },
});

/** A node and what was seen of it since the server started. */
export type ListedNode = Omit<Node, 'certificates'> & {
  /** When its certificate ends; null: it has none. */
  readonly expiresMs: number | null;
  readonly seen: Sighting | null;
  readonly trust: Pick<Trust, 'state' | 'reason' | 'detail'>;
};

function listed(link: Link, { certificates, ...node }: Node): ListedNode {
  const expiresMs = certificates.at(-1)?.expiresMs ?? null;
  const { state, reason, detail } = link.attestation.of({ ...node, certificates });
  const seen = link.server.sighting(node.id) ?? null;
  return { ...node, expiresMs, seen, trust: { state, reason, detail } };
}

export interface Operation<T extends z.ZodType> {
  readonly asks: T;
  readonly answer: (link: Link, asked: z.infer<T>) => unknown;
  /** What it changes, for the record; `answered` is undefined where it failed. */
  readonly change?: (asked: z.infer<T>, answered: unknown) => SocketChange;
}

interface SocketChange {
  /** As the API calls it. */
  readonly action: string;
  readonly by: string;
  readonly target: string;
  readonly after: unknown;
}

const operation = <T extends z.ZodType>(
  asks: T,
  answer: Operation<T>['answer'],
  change?: Operation<T>['change'],
): Operation<z.ZodType> => ({
  asks,
  // What the schema gave is what it says.
  answer: (link, asked) => answer(link, asked as z.infer<T>),
  ...(change && { change: (asked, answered) => change(asked as z.infer<T>, answered) }), // the same
});

/** What the operator of the machine may ask of a running server, by path. */
export const OPERATIONS: Readonly<Record<string, Operation<z.ZodType>>> = {
  '/tokens/create': operation(
    z.strictObject({
      cluster: nameSchema,
      node: nameSchema.nullable(),
      replace: z.boolean(),
      by: person,
      validMs: z.int().min(1000).max(YEAR_MS),
    }),
    ({ registry }, order) => registry.createToken(order),
    ({ by, ...order }, made) => ({
      ...{ action: 'createEnrolmentToken', by, after: order },
      target: `enrolment-tokens/${(made as { readonly id: string } | undefined)?.id ?? ''}`, // a new token
    }),
  ),
  '/tokens/create-many': operation(
    z.strictObject({
      cluster: nameSchema,
      by: person,
      validMs: z.int().min(1000).max(YEAR_MS),
      count: z.int().min(1).max(10_000),
    }),
    ({ registry }, { count, ...order }) => ({
      tokens: registry.createTokens({ ...order, node: null, replace: false }, count),
    }),
    ({ by, ...order }) => ({ action: 'createEnrolmentToken', by, target: 'enrolment-tokens', after: order }),
  ),
  '/tokens/list': operation(z.strictObject({}), ({ registry }) => ({ tokens: registry.tokens })),
  '/tokens/remove': operation(
    z.strictObject({ id: z.string().max(64), by: person }),
    ({ registry }, { id }) => {
      registry.removeToken(id);
      return {};
    },
    ({ id, by }) => ({ action: 'removeEnrolmentToken', by, target: `enrolment-tokens/${id}`, after: null }),
  ),
  '/nodes/list': operation(z.strictObject({}), (link) => ({
    nodes: link.registry.nodes.map((node) => listed(link, node)),
  })),
  '/nodes/revoke': operation(
    z.strictObject({ ...which, why: z.string().max(1000), by: person }),
    (link, { node, cluster, why, by }) =>
      listed(link, link.registry.revoke(node, why === '' ? `revoked by ${by}` : `${why} (${by})`, cluster)),
    ({ node, why, by }) => ({ action: 'revokeNode', by, target: `nodes/${node}`, after: { why } }),
  ),
  '/nodes/revoke-many': operation(
    z.strictObject({ ids: z.array(z.uuid()).max(1000), why: z.string().max(1000), by: person }),
    ({ registry }, { ids, why, by }) => ({ revoked: registry.revokeAll(new Set(ids), `${why} (${by})`) }),
    ({ ids, why, by }) => ({ action: 'revokeNode', by, target: 'nodes', after: { ids, why } }),
  ),
  '/nodes/respond': operation(
    z.strictObject({
      ...which,
      by: person,
      container: z.string().min(1).max(512),
      order: z.record(z.string(), z.unknown()),
      why: z.string().max(1000),
    }),
    ({ server, registry }, { node, cluster, by, ...rest }) =>
      server.command(registry.find(node, cluster), { do: 'respond', ...rest }, by),
    ({ node, by, container, order, why }, answered) => ({
      ...{ action: 'respond', by, target: `nodes/${node}/containers/${container}` },
      after: { order, why, ...outcome(answered) },
    }),
  ),
  '/nodes/undo': operation(
    z.strictObject({ ...which, by: person, id: z.string().min(1).max(128) }),
    ({ server, registry }, { node, cluster, by, id }) =>
      server.command(registry.find(node, cluster), { do: 'undo', id }, by),
    ({ node, by, id }, answered) => ({
      ...{ action: 'undoResponse', by, target: `nodes/${node}/responses/${id}`, after: outcome(answered) },
    }),
  ),
  '/records/query': operation(
    z.strictObject({
      filter: filterSchema,
      limit: z.int().min(1).max(1000),
      cursor: z.string().max(64).optional(),
    }),
    ({ telemetry }, { filter, limit, cursor }) => telemetry.query(given(filter), limit, cursor),
  ),
};

/** What the node said, if it did. */
const outcome = (answered: unknown): object => {
  const told = answered as Answer | undefined; // what the command desk gave
  return told === undefined ? { done: null } : { done: told.ok, problem: told.problem };
};

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };
/** Without keys that are undefined. */
const given = <T extends object>(value: T): Partial<Given<T>> =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Partial<Given<T>>; // the same keys
