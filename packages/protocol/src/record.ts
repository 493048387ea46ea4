import { z } from 'zod';

export const RECORD_KINDS = [
  'detection',
  'verdict',
  'incident',
  'response',
  'health',
  'container',
  'flow',
  'attestation',
  'gap',
] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** What is asked by. Printable, so that no name steers a terminal or a log behind it. */
const label = z
  .string()
  .max(512)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'has control characters')
  .default('');

/**
 * One thing a node has to tell. `boot` and `seq` name it for ever: `boot` is chosen anew by each process, `seq` counts from
 * 1 within it, and both are kept with the record on the node's disk. So what is sent twice is known again.
 */
export const recordSchema = z.strictObject({
  boot: z.string().regex(/^[0-9a-f]{32}$/, 'is not 32 hexadecimal digits'),
  seq: z.int().min(1),
  kind: z.enum(RECORD_KINDS),
  /** By the node's clock, milliseconds since 1970. */
  timeMs: z.int().min(0).max(8_640_000_000_000),
  priority: label,
  rule: label,
  namespace: label,
  /** The pod, or the container's name outside Kubernetes. */
  workload: label,
  /** The container's id. */
  container: label,
  incident: label,
  /** The whole, in the form the kind has on the node. */
  body: z.record(z.string(), z.unknown()),
});

export type UplinkRecord = z.infer<typeof recordSchema>;

/** A record as it travelled: its body is the JSON text of an object, known to be sound. */
export type SentRecord = Omit<UplinkRecord, 'body'> & { readonly body: string };
