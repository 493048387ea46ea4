import { z } from 'zod';
import { LIMITS } from './limits.js';

/** What a server has nodes hold: each is read by the room of its kind. */
export const DOCUMENT_KINDS = ['policy', 'rules', 'playbook', 'drill'] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** Within its kind; it becomes part of the name of a file. */
export const documentNameSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?$/, 'is no name of small letters, digits and dashes');

const id = z.string().regex(/^[\w-]{1,64}$/, 'is no id of a document');
const number = z.int().min(1);

const bundleDocumentSchema = z.strictObject({
  id,
  kind: z.enum(DOCUMENT_KINDS),
  name: documentNameSchema,
  /** Of the document, counted by its server. */
  version: number,
  text: z.string().max(LIMITS.documentCharacters),
});
export type BundleDocument = z.infer<typeof bundleDocumentSchema>;

/** All that one node is to hold. What is not in it any more is taken out of force. */
export const bundleSchema = z.strictObject({
  /** The id of the node it is for: no other takes it. */
  node: z.uuid(),
  /** Grows with each bundle of the node: an older one is not taken again. */
  version: number,
  documents: z.array(bundleDocumentSchema).max(LIMITS.bundleDocuments),
});
export type Bundle = z.infer<typeof bundleSchema>;

/** The bundle as the text that was signed. */
export const signedBundleSchema = z.strictObject({
  bundle: z.string().max(LIMITS.bundleBytes),
  /** Ed25519, base64; by the key that signs commands. */
  signature: z.base64().max(128),
});
export type SignedBundle = z.infer<typeof signedBundleSchema>;

/** What became of a document at a node. */
const documentStandingSchema = z.strictObject({
  id,
  version: number,
  state: z.enum(['in-force', 'failed']),
  /** Of failed: the version that stays in force instead; null: none. */
  holds: number.nullable(),
  /** Of failed: the reason. Of what is in force: what the machine does not give it, '' where nothing lacks. */
  why: z.string().max(4096),
});
export type DocumentStanding = z.infer<typeof documentStandingSchema>;

export const standingSchema = z.strictObject({
  /** The version of the bundle it is about. */
  bundle: number,
  documents: z.array(documentStandingSchema).max(LIMITS.bundleDocuments),
});
export type Standing = z.infer<typeof standingSchema>;
