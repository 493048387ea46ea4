import { z } from 'zod';
import { PERMISSIONS } from '../people/index.js';
import type { Operation } from './operation.js';

const PREFIX = '/api/v1';
const PROBLEM = { $ref: '#/components/schemas/Problem' };

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    help: z.string().optional(),
    faults: z
      .array(
        z.object({
          ...{ at: z.string(), message: z.string() },
          ...{ start: z.number().int().optional(), end: z.number().int().optional() },
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457; `code` and `help` are explained in docs/errors/server.md' });

const toJson = (schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' });
  return rest;
};

/** The OpenAPI 3.1 document of a table of operations, written from what checks them. */
export function openApi(operations: readonly Operation[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  const schemas: Record<string, unknown> = {};
  // What may be left out of a request is there in an answer: one schema is two, by the direction.
  const take = (schema: z.ZodType, io: 'input' | 'output'): unknown => {
    const suffix = io === 'input' ? 'Input' : '';
    const moved = (value: unknown): Record<string, unknown> =>
      JSON.parse(
        JSON.stringify(value).replaceAll(/"#\/\$defs\/(\w+)"/g, `"#/components/schemas/$1${suffix}"`),
      ) as Record<string, unknown>; // what was just written
    const { $defs = {}, ...rest } = toJson(schema, io) as { $defs?: Record<string, unknown> };
    for (const [name, each] of Object.entries($defs)) schemas[name + suffix] = moved(each);
    return moved(rest);
  };
  take(problem, 'output');
  for (const each of operations) {
    const at = `${PREFIX}${each.path}`;
    paths[at] ??= {};
    paths[at][each.method.toLowerCase()] = describe(each, take);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Runward control plane',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas,
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: '__Host-runward' },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function describe(
  { id, tag, summary, access, params, query, body, answer, status, method, events }: Operation,
  take: (schema: z.ZodType, io: 'input' | 'output') => unknown,
): Record<string, unknown> {
  const needs = (PERMISSIONS as readonly string[]).includes(access)
    ? `Needs the permission \`${access}\`.`
    : '';
  const idempotent =
    method === 'POST'
      ? [
          {
            name: 'idempotency-key',
            in: 'header',
            required: false,
            schema: { type: 'string', maxLength: 200 },
          },
        ]
      : [];
  const success =
    events !== undefined
      ? {
          200: {
            description: `server-sent events: ${Object.keys(events).join(', ')}`,
            content: {
              'text/event-stream': {
                schema: { anyOf: Object.values(events).map((each) => take(each, 'output')) },
              },
            },
          },
        }
      : answer === undefined
        ? { 204: { description: 'done' } }
        : {
            [status ?? 200]: {
              description: 'done',
              content: { 'application/json': { schema: take(answer, 'output') } },
            },
          };
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(needs === '' ? {} : { description: needs }),
    security: access === 'anyone' ? [] : [{ session: [] }, { token: [] }],
    parameters: [...parameters(params, 'path', take), ...parameters(query, 'query', take), ...idempotent],
    ...(body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { 'application/json': { schema: take(body, 'input') } } },
        }),
    responses: {
      ...success,
      default: {
        description: 'refused or failed',
        content: { 'application/problem+json': { schema: PROBLEM } },
      },
    },
  };
}

function parameters(
  shape: z.ZodObject | undefined,
  where: 'path' | 'query',
  take: (schema: z.ZodType, io: 'input' | 'output') => unknown,
): readonly unknown[] {
  if (shape === undefined) return [];
  const { properties = {}, required = [] } = take(shape, 'input') as {
    properties?: Record<string, { description?: string }>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    ...{ name, in: where, required: where === 'path' || required.includes(name), schema },
    ...(description === undefined ? {} : { description }),
  }));
}
