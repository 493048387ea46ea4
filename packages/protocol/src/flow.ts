import { z } from 'zod';

const text = z.string().max(512);
const count = z.number().min(0);
const port = z.int().min(0).max(65_535);
const labels = z.record(z.string().max(512), z.string().max(4096));

/** What policies look at of a container, so that a recorded flow can be judged again. */
const containerSchema = z.object({
  ...{ id: text, name: text, workload: text, runtime: text },
  ...{ image: text, imageRepository: text, imageDigest: text },
  labels,
  pod: z.object({ name: text, namespace: text, labels }).nullable(),
});

const endSchema = z.object({
  /** `others`: what had no room in a summary, together. */
  kind: z.enum(['container', 'host', 'service', 'external', 'others']),
  name: text,
  /** From answers of name servers. */
  names: z.array(text).max(8),
  /** Its addresses in these flows, and how many more there were. */
  addresses: z.array(text).max(16),
  more: count,
  /** null where it is none, or not known by the node. */
  container: containerSchema.nullable(),
});

/** What is summed up. What is 0 is left out. */
export const FLOW_SUMS = [
  'connections',
  'failures',
  'refused',
  'timedOut',
  'unreachable',
  'resets',
  'bytesOut',
  'bytesIn',
  'allowed',
  'denied',
  'wouldDeny',
] as const;
export type FlowSum = (typeof FLOW_SUMS)[number];

/** The network section of the policies of the end that was counted; `none`: none says anything. */
export const NETWORK_MODES = ['none', 'learn', 'monitor', 'protect'] as const;
export type NetworkMode = (typeof NETWORK_MODES)[number];

/**
 * The body of a `flow` record: all that happened between a container and another end at one port of the side that serves, from
 * `fromMs` to `toMs`. Each end on a node is counted at its own sockets, so both nodes tell their half.
 */
export const flowBodySchema = z.object({
  fromMs: count,
  toMs: count,
  role: z.enum(['client', 'server']),
  protocol: text,
  port,
  self: endSchema,
  peer: endSchema,
  /** Addresses and ports the client meant, where they were translated. */
  services: z.array(text).max(8),
  open: count,
  mode: z.enum(NETWORK_MODES),
  sums: z.partialRecord(z.enum(FLOW_SUMS), count),
});
export type FlowBody = z.infer<typeof flowBodySchema>;
export type FlowEnd = FlowBody['self'];
