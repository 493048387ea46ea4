import { z } from 'zod';

const bytes = (most: number) => z.base64().max(Math.ceil((most * 4) / 3) + 4);

/** The keys of a node's TPM, as it shows them when it enrols. */
export const tpmKeysSchema = z.strictObject({
  /** TPMT_PUBLIC of the endorsement key. */
  endorsement: bytes(1024),
  /** DER; null: the TPM has none. */
  certificate: bytes(8192).nullable(),
  /** TPMT_PUBLIC of the attestation key. */
  attestation: bytes(1024),
});
export type TpmKeys = z.infer<typeof tpmKeysSchema>;

/** A credential that only the TPM with both keys can open. */
export const tpmChallengeSchema = z.strictObject({
  challenge: z.strictObject({ id: z.uuid(), blob: bytes(1024), secret: bytes(1024) }),
});
export type TpmChallenge = z.infer<typeof tpmChallengeSchema>;

/** A quote over `enrolStatement`: the attestation key knows the secret, and vouches for the node's key. */
export const tpmProofSchema = z.strictObject({
  challenge: z.uuid(),
  /** TPMS_ATTEST. */
  attest: bytes(2048),
  /** TPMT_SIGNATURE. */
  signature: bytes(2048),
});
export type TpmProof = z.infer<typeof tpmProofSchema>;

/** Asked for when the server wants to know what a node runs on. */
export const quoteRequestSchema = z.strictObject({
  /** The kernel's `boot_id`: whether IMA's list goes on where it was last. Believed only as far as the list agrees with the TPM. */
  boot: z.string().max(64),
});

export const quoteChallengeSchema = z.strictObject({
  nonce: bytes(64),
  /** The entries of IMA's list that are known already. */
  from: z.int().min(0),
});
export type QuoteChallenge = z.infer<typeof quoteChallengeSchema>;

/** What a node says of what it runs on, or why it cannot. */
export const attestationSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('quote'),
    /** TPMT_PUBLIC of the key that signed. */
    key: bytes(1024),
    attest: bytes(2048),
    signature: bytes(2048),
    /** Values by register, hexadecimal. */
    registers: z.record(z.string().regex(/^\d{1,2}$/), z.string().regex(/^[0-9a-f]{64}$/)),
    bootLog: z.base64(),
    /** Of IMA's list, from the entry on that was asked for. */
    measurements: z.base64(),
  }),
  z.strictObject({ kind: z.literal('problem'), problem: z.string().max(1000) }),
]);
export type AttestationMessage = z.infer<typeof attestationSchema>;

export const TRUST_STATES = ['unknown', 'trusted', 'failed'] as const;
export type TrustState = (typeof TRUST_STATES)[number];

/** What the server made of it. */
export const verdictSchema = z.strictObject({
  state: z.enum(TRUST_STATES),
  /** A word of docs/node-attestation.md; '' where it is trusted. */
  reason: z.string().max(64),
  detail: z.string().max(4096),
});
export type TrustVerdict = z.infer<typeof verdictSchema>;
