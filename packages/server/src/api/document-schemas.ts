/** What documents and roll-outs look like at the API. */
import { DOCUMENT_KINDS, documentNameSchema, LIMITS } from '@runward/protocol';
import { z } from 'zod';
import { VERSION_STATES } from '../documents/index.js';
import { planSchema } from '../rollouts/index.js';
import { id } from './schemas.js';

const time = z.number().describe('milliseconds since the epoch');
export const kind = z.enum(DOCUMENT_KINDS);
export const documentName = documentNameSchema;
export const place = z
  .string()
  .min(1)
  .max(253)
  .regex(/^(?:\*|[\w.-]+)$/, 'letters, digits, `.`, `_` and `-`, or `*` for all');
export const owner = z.string().trim().min(1).max(200);
export const note = z.string().trim().max(2000);
export const documentText = z.string().min(1).max(LIMITS.documentCharacters);
export const versionNumber = z.coerce.number().int().min(1).max(1_000_000);

export const documentParams = z.object({ id });
export const versionParams = z.object({ id, number: versionNumber });

const state = z.enum(VERSION_STATES);
const actor = z.object({
  id: z.string().nullable().describe('null: none of this server, such as the author of a commit'),
  name: z.string(),
});

export const document = z
  .object({
    ...{ id, kind, name: z.string(), cluster: z.string(), namespace: z.string(), owner: z.string() },
    createdAt: time,
    inForce: z.number().nullable().describe('the version nodes hold where no roll-out says otherwise'),
    latest: z.object({ number: z.number(), state }),
  })
  .meta({ id: 'Document', description: 'A policy, rules, a playbook or a drill' });

const versionShape = {
  ...{ number: z.number(), state, digest: z.string().describe('SHA-256 of the text'), author: actor },
  source: z.string().describe('`git COMMIT PATH`; empty of an editor'),
  ...{ note: z.string(), createdAt: time },
  decision: z.object({ by: actor, at: time, note: z.string() }).nullable(),
};
export const versionInfo = z.object(versionShape).meta({ id: 'DocumentVersionInfo' });
export const version = z.object({ ...versionShape, text: z.string() }).meta({ id: 'DocumentVersion' });

export const diagnostic = z
  .object({
    ...{ severity: z.enum(['error', 'warning']), code: z.string(), message: z.string(), help: z.string() },
    span: z.object({
      ...{ file: z.string(), line: z.number(), column: z.number() },
      ...{ endLine: z.number(), endColumn: z.number() },
    }),
  })
  .meta({ id: 'Diagnostic', description: 'A problem of a text, and its place: lines and columns from 1' });

export const diffLine = z
  .object({
    change: z.enum(['same', 'removed', 'added']),
    text: z.string(),
    before: z.number().nullable().describe('the number of the line; null: not in that text'),
    after: z.number().nullable(),
  })
  .meta({ id: 'DiffLine' });

export const rollout = z
  .object({
    ...{ id, document: id, version: z.number(), former: z.number().nullable(), plan: planSchema },
    stage: z.number().describe('from 0'),
    nodes: z.array(z.string()).describe('ids of those it has reached; in the last stage every node counts'),
    state: z.enum(['running', 'done', 'rolled-back']),
    why: z.string().describe('of one that was rolled back'),
    ...{
      begunBy: z.string(),
      beganAt: time,
      stageAt: time,
      heldAt: time.nullable(),
      endedAt: time.nullable(),
    },
  })
  .meta({ id: 'Rollout' });

export const holder = z
  .object({
    node: z.object({ id: z.string(), name: z.string(), cluster: z.string(), connected: z.boolean() }),
    wanted: z.number().nullable().describe('the version it is to hold; null: none'),
    reported: z
      .object({
        version: z.number(),
        state: z.enum(['in-force', 'failed']),
        holds: z.number().nullable().describe('of failed: the version that stays in force'),
        ...{ why: z.string(), at: time },
      })
      .nullable()
      .describe('what the node said last; null: nothing'),
  })
  .meta({ id: 'DocumentHolder' });
