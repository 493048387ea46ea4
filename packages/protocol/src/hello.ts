import { z } from 'zod';

const text = z.string().max(512);
const count = z.int().min(0);

/** What a node says of itself, every few seconds. */
export const helloSchema = z.strictObject({
  version: text,
  kernel: text,
  /** When the process started, by its own clock. */
  startedMs: count,
  /** How long the answer to the last hello took; 0 before the first. */
  roundTripMs: z.number().min(0).max(600_000),
  /** What waits on its disk. */
  queued: count,
  queuedBytes: count,
  /** Records that found no room there, and those that were refused. */
  lost: count,
  rejected: count,
  /** Events that the kernel's ring lost. */
  dropped: count,
  /** What the kernel gives: the names of the programs that are attached, and why others are not. */
  features: z.array(z.strictObject({ name: text, problem: text })).max(256),
});
export type Hello = z.infer<typeof helloSchema>;

export const welcomeSchema = z.strictObject({
  /** By the server's clock. */
  nowMs: count,
  /** The version of the bundle the node is to hold; 0: there never was one. */
  bundle: count,
  /** What the node runs on is to be proven now. */
  attest: z.boolean().default(false),
});
export type Welcome = z.infer<typeof welcomeSchema>;

/** The sender's clock, milliseconds, in a header of each request. */
export const CLOCK_HEADER = 'runward-clock-ms';
/** How often a node says hello, and how often a server says nothing on the stream of commands so that it is known to be there. */
export const HELLO_MS = 10_000;
