import { z } from 'zod';

/** What is done with an incident where it is kept; `advise` only asks what to do about it. */
export const INCIDENT_MOVES = [
  'advise',
  'note',
  'assign',
  'contain',
  'resolve',
  'reopen',
  'false-positive',
] as const;
export type IncidentMove = (typeof INCIDENT_MOVES)[number];

/** What a server may ask of a node: what an operator at the node may ask too, and nothing more. */
const actionSchema = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('respond'),
    container: z.string().min(1).max(512),
    /** Read by the agent as the orders of its own operators are. */
    order: z.record(z.string(), z.unknown()),
    why: z.string().max(1000),
  }),
  z.strictObject({ do: z.literal('undo'), id: z.string().min(1).max(128) }),
  z.strictObject({
    do: z.literal('incident'),
    id: z.string().min(1).max(128),
    move: z.enum(INCIDENT_MOVES),
    /** The note, the assignee or the reason; '' without. */
    text: z.string().max(4000),
  }),
]);
export type Action = z.infer<typeof actionSchema>;

export const commandSchema = z.strictObject({
  id: z.uuid(),
  /** The id of the node it is for: no other obeys it. */
  node: z.uuid(),
  /** By the server's clock; after `expiresMs` nobody obeys it. */
  issuedMs: z.int().min(0),
  expiresMs: z.int().min(0),
  /** Who asked for it. */
  by: z.string().min(1).max(256),
  action: actionSchema,
});
export type Command = z.infer<typeof commandSchema>;

/** The command as the text that was signed: nobody has to write it the same way again. */
export const signedCommandSchema = z.strictObject({
  command: z.string().max(64 * 1024),
  /** Ed25519, base64. */
  signature: z.base64().max(128),
});
export type SignedCommand = z.infer<typeof signedCommandSchema>;

export const answerSchema = z.strictObject({
  command: z.uuid(),
  ok: z.boolean(),
  /** '' where it was done. */
  problem: z.string().max(4096),
  /** The record of what was done. */
  result: z.unknown(),
});
export type Answer = z.infer<typeof answerSchema>;
