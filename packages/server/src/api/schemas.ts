import { z } from 'zod';
import { LONGEST_PASSWORD, ROLES, SHORTEST_PASSWORD } from '../people/index.js';

const scopeName = z
  .string()
  .min(1)
  .max(253)
  .regex(/^(?:\*|[\w.-]+)$/, 'letters, digits, `.`, `_` and `-`, or `*` for all');

export const grant = z
  .strictObject({
    role: z.enum(ROLES),
    cluster: scopeName.default('*'),
    namespace: scopeName.default('*'),
    workload: scopeName.default('*'),
  })
  .meta({ id: 'Grant', description: 'A role, and where it holds' });

export const grants = z.array(grant).max(100);

/** For signing in; told apart without regard to case. */
export const personName = z
  .string()
  .trim()
  .toLowerCase()
  .min(2)
  .max(100)
  .regex(
    /^[a-z0-9][a-z0-9._@+-]*$/,
    'lower-case letters, digits and `. _ @ + -`, beginning with a letter or digit',
  );

export const newPassword = z
  .string()
  .min(SHORTEST_PASSWORD, `at least ${SHORTEST_PASSWORD} characters`)
  .max(LONGEST_PASSWORD);

export const id = z.string().regex(/^[\w-]{1,64}$/, 'is no id of this server');
const time = z.number().int().describe('milliseconds since the epoch');

export const person = z
  .object({
    id,
    name: z.string(),
    displayName: z.string(),
    grants,
    disabled: z.boolean(),
    mustChangePassword: z.boolean(),
    createdAt: time,
    seenAt: time.nullable(),
  })
  .meta({ id: 'Person' });

export const token = z
  .object({
    id,
    name: z.string(),
    person: id,
    grants,
    createdAt: time,
    expiresAt: time,
    usedAt: time.nullable(),
  })
  .meta({ id: 'Token' });

export const displayName = z.string().trim().min(1).max(200);
