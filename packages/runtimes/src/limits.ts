/** Everything a runtime or its files say is bounded before it is believed. */
export const LIMITS = {
  /** Largest answer of a socket or metadata file. */
  answerBytes: 16 * 1024 * 1024,
  /** How long one request may take. */
  timeoutMs: 2_000,
  /** Containers in one listing; beyond it the rest is left out. */
  listed: 10_000,
  /** What the network plugins said of a pod, in characters of JSON; beyond it nothing is kept. */
  cniText: 16 * 1024,
  /** Requests under way at once, over all runtimes. */
  concurrency: 16,
} as const;
