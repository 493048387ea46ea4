import type { TimeAuthority } from './anchor/authority.js';
import type { KeySealer } from './key-sealer.js';
import type { QueueBounds } from './queue.js';

export interface LogLimits {
  /** A segment is closed, and its key with it, when it is so large… */
  readonly segmentBytes: number;
  /** …or so old. */
  readonly segmentMs: number;
  /** The oldest segments go when all together are larger than this… */
  readonly keptBytes: number;
  /** …or their last record is older than this. */
  readonly keptMs: number;
  readonly queue: QueueBounds;
}

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;

export const DEFAULT_LIMITS: LogLimits = {
  segmentBytes: 16 * MIB,
  segmentMs: HOUR_MS,
  keptBytes: 1024 * MIB,
  keptMs: 400 * 24 * HOUR_MS,
  queue: { records: 20_000, bytes: 32 * MIB },
};

/** `stalled`: the disk does not take more; it is tried again every second, and what comes meanwhile waits. */
export type LogState =
  | { readonly kind: 'writing' }
  | { readonly kind: 'stalled'; readonly since: string; readonly why: string };

export interface LogOptions {
  /** Stamps the ends of segments. */
  readonly authority?: TimeAuthority | undefined;
  /** Keeps the keys; without it they are on the disk. */
  readonly sealer?: KeySealer | undefined;
  /** Who writes, such as `runward 0.1.0`. */
  readonly producer: string;
  readonly host: string;
  readonly limits?: Partial<LogLimits>;
  /** Told when the state changes, and of what was found or lost. */
  readonly say?: (message: string) => void;
  readonly nowMs?: () => number;
  /** How long to wait before the disk is tried again; default 1000. */
  readonly retryMs?: number;
}
