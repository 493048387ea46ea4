import { z } from 'zod';
import { tpmKeysSchema, tpmProofSchema } from './attest.js';

/** Of nodes and clusters: what may stand in a path, a table and a certificate. */
export const nameSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$/, 'is no name of small letters, digits, dots and dashes');

const pem = z
  .string()
  .max(16 * 1024)
  .regex(/^-----BEGIN [A-Z ]+-----\s/, 'is no PEM text');

export const enrolRequestSchema = z.strictObject({
  token: z.string().max(512),
  node: nameSchema,
  /** PKCS#10, signed by the key the certificate will be for. */
  request: pem,
  /** Where the node has a TPM. Without a proof the answer is a challenge. */
  tpm: tpmKeysSchema.optional(),
  proof: tpmProofSchema.optional(),
});
export type EnrolRequest = z.infer<typeof enrolRequestSchema>;

export const enrolledSchema = z.strictObject({
  /** The node's id, in its certificate. */
  id: z.uuid(),
  node: nameSchema,
  cluster: nameSchema,
  certificate: pem,
  authority: pem,
  /** Ed25519, which signs commands. */
  commandKey: pem,
  /** The node is bound to its TPM. */
  attested: z.boolean().default(false),
});
export type Enrolled = z.infer<typeof enrolledSchema>;

export const renewRequestSchema = z.strictObject({ request: pem });
export const renewedSchema = z.strictObject({ certificate: pem });
export type Renewed = z.infer<typeof renewedSchema>;
