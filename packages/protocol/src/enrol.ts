import { z } from 'zod';

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
});
export type Enrolled = z.infer<typeof enrolledSchema>;

export const renewRequestSchema = z.strictObject({ request: pem });
export const renewedSchema = z.strictObject({ certificate: pem });
export type Renewed = z.infer<typeof renewedSchema>;
