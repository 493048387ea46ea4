import { z } from 'zod';

/** The TPM a node was bound to when it enrolled. */
export const bindingSchema = z.strictObject({
  /** TPMT_PUBLIC of its endorsement key, base64: which TPM it is. */
  endorsement: z.base64(),
  /** TPMT_PUBLIC of the key that signs its quotes. */
  attestation: z.base64(),
  /** Who vouches for the endorsement key; `pinned`: nobody, it is remembered as it was met. */
  proof: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('certified'), issuer: z.string() }),
    z.strictObject({ kind: z.literal('pinned'), why: z.string() }),
  ]),
});
export type Binding = z.infer<typeof bindingSchema>;
