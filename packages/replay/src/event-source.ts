import type { EventView } from '@runward/events';

/** What a source can tell about, so that what it cannot say is not read as "did not happen". */
export interface SourceCoverage {
  /** Names of the event types it carries (`evt.type`); an event of any other type is never in it. */
  readonly eventTypes: ReadonlySet<string>;
  /** Names of the fields it never has a value for, although the catalogue knows them. */
  readonly missingFields: ReadonlySet<string>;
  /** `containers` when events outside containers were not kept. */
  readonly scope: 'containers' | 'host';
  /** First and last event, nanoseconds since the Unix epoch; undefined where not known without reading it all. */
  readonly fromNs: bigint | undefined;
  readonly toNs: bigint | undefined;
  /** In words: why events of these types may be missing all the same. */
  readonly limits?: readonly string[];
}

/** How far a replay is. */
export interface ReplayProgress {
  /** Bytes of the file as it lies on disk (compressed, if it is). */
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly events: number;
  /** Time of the last event, nanoseconds since the Unix epoch; 0n before the first. */
  readonly timeNs: bigint;
}

export interface ReplayOptions {
  /** Ends the replay early: the promise resolves with what was read so far and `complete: false`. */
  readonly signal?: AbortSignal;
  /** Called now and then, at most a few times per megabyte. */
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** A container was gone, and the last of its events came a while ago: what is remembered of it can go. */
  readonly onContainerEnd?: (containerId: string) => void;
}

/** Something in a file that was passed over: counted and told. */
export interface SkippedPart {
  /**
   * `damaged`: the bytes make no sense. `unknown`: a part from a newer version or another tool. `unsupported`: well
   * understood, but nothing a rule can speak about.
   */
  readonly kind: 'damaged' | 'unknown' | 'unsupported';
  /** What and why, in words: `unknown block type 0x999`. */
  readonly reason: string;
  readonly count: number;
  readonly bytes: number;
  /** Byte offset of the first one in the (uncompressed) file. */
  readonly firstAt: number;
}

/** Events that happened but are not in the source. */
export interface ReplayGap {
  /** Time of the event before the gap and of the one after it; undefined at either end of the file. */
  readonly fromNs: bigint | undefined;
  readonly toNs: bigint | undefined;
  /** Lost records, undefined where the source does not know how many. */
  readonly lost: number | undefined;
  readonly reason: string;
}

export interface ReplayStats {
  /** Events given to `onEvent`. */
  readonly events: number;
  /** Events that could not be decoded. */
  readonly malformed: number;
  readonly skipped: readonly SkippedPart[];
  readonly gaps: readonly ReplayGap[];
  /** Time of the first and the last event; undefined when there was none. */
  readonly fromNs: bigint | undefined;
  readonly toNs: bigint | undefined;
  /** The whole source was read; false after an abort or where the file ends in the middle of a block. */
  readonly complete: boolean;
}

/**
 * Events from the past, in the order in which they happened. Replaying twice gives the same events twice; each
 * replay has state of its own.
 */
export interface EventSource {
  /** File name shown to people. */
  readonly name: string;
  readonly coverage: SourceCoverage;
  /**
   * Calls `onEvent` for each event in order; the view is valid during the call only. What `onEvent` throws ends
   * the replay and passes through.
   *
   * @throws ReplayError REPLAY_READ_FAILED when the file cannot be read (any more); damage inside it is counted
   */
  replay(onEvent: (view: EventView) => void, options?: ReplayOptions): Promise<ReplayStats>;
}
