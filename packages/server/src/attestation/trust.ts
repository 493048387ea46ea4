import { TRUST_STATES } from '@runward/protocol';
import { z } from 'zod';

const changeSchema = z.strictObject({
  atMs: z.number(),
  state: z.enum(TRUST_STATES),
  reason: z.string(),
  detail: z.string(),
  /** Who decided it; '' where a quote did. */
  by: z.string(),
});
/** One change of what is thought of a node. */
export type TrustChange = z.infer<typeof changeSchema>;

export const trustSchema = z.strictObject({
  version: z.literal(1),
  state: z.enum(TRUST_STATES),
  reason: z.string(),
  detail: z.string(),
  sinceMs: z.number(),
  /** It failed by what it is, and no quote brings it back: somebody has to decide. */
  isHeld: z.boolean(),
  /** When a quote was last judged. */
  judgedMs: z.number().nullable(),
  /** The version of the reference it was last trusted by. */
  reference: z.number().nullable(),
  /** What the last accepted quotes were over, hexadecimal, newest first. */
  seen: z.array(z.string()),
  /** How often the TPM had been reset. */
  resets: z.number(),
  /** How far IMA's list was verified, in which boot and by which reference. */
  ima: z
    .strictObject({ boot: z.string(), entries: z.number(), value: z.string(), reference: z.number() })
    .nullable(),
  /** Newest first. */
  history: z.array(changeSchema),
});
/** What is thought of a node with a TPM. */
export type Trust = z.infer<typeof trustSchema>;

export const NEW_TRUST: Trust = {
  ...{
    version: 1,
    state: 'unknown',
    reason: 'no-quote-yet',
    detail: 'it has not been asked yet',
    sinceMs: 0,
  },
  ...{ isHeld: false, judgedMs: null, reference: null, seen: [], resets: 0, ima: null, history: [] },
};

const MOST_HISTORY = 200;

/** As it is after a change, which is noted if it is one. */
export function changed(before: Trust, { atMs, state, reason, detail, by }: TrustChange): Trust {
  const isSame = before.state === state && before.reason === reason;
  // The same again with other words is no change.
  if (isSame) return { ...before, detail };
  const history = [{ atMs, state, reason, detail, by }, ...before.history].slice(0, MOST_HISTORY);
  return { ...before, state, reason, detail, sinceMs: atMs, history };
}
