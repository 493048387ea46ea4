import { setTimeout as sleep } from 'node:timers/promises';
import { Anchoring } from './anchor/anchoring.js';
import type { Checkpoint } from './bodies.js';
import { canonical, NotCanonical } from './canonical.js';
import { ChainWriter } from './chain-writer.js';
import { CheckpointFile } from './checkpoint-file.js';
import type { Disk } from './disk.js';
import type { KeyPlace } from './key-sealer.js';
import { bundleStatement, SignatureCheck } from './keys.js';
import { type EvidenceKind, type EvidenceKinds, LOG_KINDS } from './kinds.js';
import { type Encoded, encodeBody } from './mend.js';
import { DEFAULT_LIMITS, type LogOptions, type LogState } from './options.js';
import { LogQueue, type Receipt } from './queue.js';
import { findEnd, type LogEnd } from './recovery.js';
import type { Draft, Placed } from './segment-file.js';

/** Of one commit: more waits for the next, so that none takes long. */
const COMMIT_BYTES = 1024 * 1024;
/** A body that is larger is no record: it is counted in a gap. */
const MAX_BODY = 4 * 1024 * 1024;
/** How often it is looked whether the segment is old. */
const TICK_MS = 60_000;
const RETRY_MS = 1000;
const NO_ROOM = 'no room in memory while the disk did not take more';
const CLOSED = 'the log is closed';

export interface LogStatus {
  readonly state: LogState;
  readonly log: string;
  readonly segment: number;
  /** Of the last acknowledged record. */
  readonly seq: number;
  readonly hash: string;
  readonly publicKey: string;
  /** Where the private key is kept; undefined between two segments. */
  readonly keyIn: KeyPlace | undefined;
  readonly waiting: number;
  readonly dropped: number;
}

interface Rotation {
  readonly why: string;
  readonly who: unknown;
  readonly done: PromiseWithResolvers<string>;
}

/**
 * The log of one node: records that follow each other by their hashes, in segments, each commit signed. One writer at a
 * time; that is for the caller to see to. A record is acknowledged when it is chained, signed and on the disk.
 */
export class EvidenceLog {
  readonly #options: LogOptions;
  readonly #queue: LogQueue;
  readonly #chain: ChainWriter;
  readonly #checkpoints: CheckpointFile;
  readonly #timer: NodeJS.Timeout;
  readonly #anchoring: Anchoring | undefined;
  readonly #rotations: Rotation[] = [];
  readonly #closing = new AbortController();
  #stall: { readonly since: string; readonly why: string } | undefined;
  #running: Promise<void> | undefined;
  #isOver = false;
  /** When the last record was made that was there already; undefined of a new log. */
  readonly continuedFrom: string | undefined;

  private constructor(disk: Disk, options: LogOptions, end: LogEnd | undefined) {
    this.#options = options;
    this.continuedFrom = end?.time;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#queue = new LogQueue(limits.queue, canonical);
    this.#checkpoints = new CheckpointFile(disk);
    this.#chain = new ChainWriter(disk, end, {
      ...{ host: options.host, producer: options.producer, limits, sealer: options.sealer },
      say: (message) => options.say?.(message),
      nowMs: () => this.#nowMs(),
      onCommit: (checkpoint) => this.#checkpoints.offer(checkpoint),
      onSegmentEnd: (end) => this.#anchoring?.ended(end),
    });
    if (options.authority !== undefined)
      this.#anchoring = new Anchoring(
        options.authority,
        (body) => void this.append('anchor', body),
        (message) => options.say?.(message),
      );
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /**
   * Goes on with the log on this disk, or begins one; what a crash left behind its end is named in the next segment.
   * Rejects with what the disk says when it cannot be read. A disk that cannot be written is no reason to reject:
   * records wait.
   */
  static async open(disk: Disk, options: LogOptions): Promise<EvidenceLog> {
    const end = await findEnd(disk, new SignatureCheck());
    for (const { bytes, records, segment } of end?.torn ?? [])
      options.say?.(
        `${bytes} bytes behind the last acknowledged record of segment ${segment} (${records} whole records) were never acknowledged; they stay where they are`,
      );
    const log = new EvidenceLog(disk, options, end);
    log.#kick();
    return log;
  }

  get status(): LogStatus {
    const { log, segment, tip, publicKey, keyIn } = this.#chain;
    return {
      state: this.#stall === undefined ? { kind: 'writing' } : { kind: 'stalled', ...this.#stall },
      ...{ log, segment, seq: tip.seq - 1, hash: tip.prev, publicKey, keyIn },
      ...{ waiting: this.#queue.length, dropped: this.#queue.dropped },
    };
  }

  /** The last commit, for whoever keeps it elsewhere; undefined before the first. */
  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoints.latest;
  }

  /**
   * Hands a record in. Returns at once and never throws; the promise never rejects and tells, when the record is on
   * the disk, where, or why it will not be. A body is taken as it is now.
   */
  append<K extends EvidenceKind, B extends EvidenceKinds[K]>(kind: K, body: B): Promise<Receipt> {
    if (this.#closing.signal.aborted) return Promise.resolve({ kept: false, why: CLOSED });
    const time = this.#time();
    const encoded = encode(body);
    if (typeof encoded === 'string') {
      this.#queue.lose(kind, time, encoded);
      this.#kick();
      return Promise.resolve({ kept: false, why: encoded });
    }
    const { json, mended } = encoded;
    return new Promise((told) => {
      const offered = { kind, body: json, mended: mended && canonical(mended), time, told };
      if (!this.#queue.offer(offered, NO_ROOM)) told({ kept: false, why: NO_ROOM });
      this.#kick();
    });
  }

  /** Signs the digest of a bundle's manifest by the key in use; undefined while there is none. */
  signBundle(
    digest: string,
  ): { readonly log: string; readonly key: string; readonly signature: string } | undefined {
    const { log } = this.#chain;
    const signed = this.#chain.sign(bundleStatement(log, digest));
    return signed && { log, ...signed };
  }

  /** A new key from here on; the old one signs it and is destroyed. Resolves to the new public key. */
  rotate(why: string, who?: unknown): Promise<string> {
    const done = Promise.withResolvers<string>();
    if (this.#closing.signal.aborted) done.reject(new Error(CLOSED));
    else this.#rotations.push({ why, who, done });
    this.#kick();
    return done.promise;
  }

  /** Writes what waits and closes the segment and its key. Gives up at once when the disk does not take it. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#timer);
    await this.#running;
    this.#kick();
    await this.#running;
    const why = this.#stall?.why ?? CLOSED;
    const left = this.#queue.peek(Number.POSITIVE_INFINITY);
    this.#queue.take(left.length);
    for (const { told } of left) told({ kept: false, why });
    for (const { done } of this.#rotations.splice(0)) done.reject(new Error(why));
    await this.#checkpoints.settle();
    await this.#chain.close();
  }

  #nowMs(): number {
    return this.#options.nowMs?.() ?? Date.now();
  }

  #time(): string {
    return new Date(this.#nowMs()).toISOString();
  }

  #tick(): void {
    this.#kick();
    void this.#anchoring?.again();
  }

  #kick(): void {
    if (this.#isOver) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#queue.length + this.#rotations.length > 0) this.#kick();
    });
  }

  async #run(): Promise<void> {
    await undefined; // what is appended in the same turn goes into one commit
    while (!this.#isOver) {
      try {
        if (await this.#step()) continue;
        if (!this.#closing.signal.aborted) return;
        await this.#chain.end(CLOSED);
        this.#isOver = true;
      } catch (error) {
        this.#queue.putBack();
        this.#stalled(error);
        if (this.#closing.signal.aborted) this.#isOver = true;
        else await this.#patience();
      }
    }
  }

  #stalled(error: unknown): void {
    if (this.#stall !== undefined) return;
    const why = error instanceof Error ? error.message : String(error);
    this.#stall = { since: this.#time(), why };
    this.#options.say?.(`the evidence log cannot be written: ${why}; records wait in memory`);
  }

  /** Before the disk is tried again; a close does not wait. */
  async #patience(): Promise<void> {
    const { signal } = this.#closing;
    await sleep(this.#options.retryMs ?? RETRY_MS, undefined, { signal }).catch(() => undefined);
  }

  /** One thing that is to be done; false when there is nothing. */
  async #step(): Promise<boolean> {
    if (!this.#chain.isOpen) {
      await this.#chain.begin();
      // So that the end of a log is proven from its first record on.
      await this.#checkpoints.settle();
      return true;
    }
    const [rotation] = this.#rotations;
    if (rotation !== undefined) {
      rotation.done.resolve(await this.#chain.end(rotation.why, rotation.who));
      this.#rotations.shift();
      return true;
    }
    if (this.#chain.isDue) {
      await this.#chain.end('the segment is full or old');
      return true;
    }
    return this.#commitWaiting();
  }

  async #commitWaiting(): Promise<boolean> {
    const waiting = this.#queue.peek(COMMIT_BYTES);
    const resumed = this.#resumed();
    if (waiting.length + resumed.length === 0) return false;
    const lines = await this.#chain.commit([...resumed, ...waiting]);
    this.#queue.take(waiting.length);
    for (const [i, { told }] of waiting.entries()) {
      const { seq, hash } = lines[i + resumed.length] as Placed; // a line for each draft
      told({ kept: true, seq, hash });
    }
    if (resumed.length > 0) {
      this.#stall = undefined;
      this.#options.say?.('the evidence log is written again');
    }
    return true;
  }

  #resumed(): readonly Draft[] {
    if (this.#stall === undefined) return [];
    const body = { stoppedAt: this.#stall.since, why: this.#stall.why, waited: this.#queue.length };
    return [{ kind: LOG_KINDS.resumed, body: canonical(body), time: this.#time() }];
  }
}

/** Or why a body cannot be a record. */
function encode(body: unknown): Encoded | string {
  try {
    const encoded = encodeBody(body);
    return encoded.json.length > MAX_BODY ? `larger than ${MAX_BODY} characters` : encoded;
  } catch (error) {
    return error instanceof NotCanonical ? error.message : 'it cannot be read';
  }
}
