import type { Detection } from '@runward/detect';
import type {
  BundleSignature,
  EvidenceKind,
  EvidenceKinds,
  HeldLog,
  KeySealer,
  LogLimits,
  LogStatus,
  Receipt,
} from '@runward/evidence';
import type { Decision, Who } from '@runward/state';
import type { Loss, SensorReport } from '../messages.js';
import { LossRecords } from './loss-records.js';

/** Where what happens is put on record. */
export interface EvidenceSink {
  /** Returns at once and never throws; the promise never rejects. Nobody needs to wait for it. */
  append<K extends EvidenceKind, B extends EvidenceKinds[K]>(kind: K, body: B): Promise<Receipt>;
}

export interface EvidenceHostOptions {
  /** undefined: nothing is kept. */
  readonly folder: string | undefined;
  readonly producer: string;
  readonly host: string;
  readonly limits?: Partial<LogLimits>;
  /** The address of a time authority (RFC 3161) that stamps the ends of segments. */
  readonly timeAuthority?: string | undefined;
  /** Keeps the log's keys; without it they are on the disk. */
  readonly sealer?: KeySealer | undefined;
  /** Tells the operator. */
  readonly say: (message: string) => void;
}

/** Of records that come before the log is open; the first second of an agent makes far less. */
const MOST_EARLY = 10_000;
const NO_LOG = 'this agent keeps no evidence log';
const NOT_OPEN = 'no room in memory before the log was open';
const OFF: Receipt = { kept: false, why: NO_LOG };

/**
 * The evidence log of an agent: takes records from the first moment on, and opens the log when the sensor is on its way.
 * Without a log, because none is wanted or none can be had, it takes them all the same and says what became of them.
 */
export class EvidenceHost implements EvidenceSink {
  readonly #options: EvidenceHostOptions;
  readonly #losses = new LossRecords((body) => void this.append('gap', body));
  readonly #earlyLost = new Map<string, number>();
  readonly #startedAt = new Date().toISOString();
  #early: ((log: EvidenceSink | undefined) => void)[] | undefined = [];
  #held: HeldLog | undefined;
  #problem = '';

  constructor(options: EvidenceHostOptions) {
    this.#options = options;
    if (options.folder === undefined) this.#settle(undefined);
  }

  append<K extends EvidenceKind, B extends EvidenceKinds[K]>(kind: K, body: B): Promise<Receipt> {
    if (this.#held !== undefined) return this.#held.log.append(kind, body);
    const early = this.#early;
    if (early === undefined) return Promise.resolve(OFF);
    if (early.length >= MOST_EARLY) {
      this.#earlyLost.set(kind, (this.#earlyLost.get(kind) ?? 0) + 1);
      return Promise.resolve({ kept: false, why: NOT_OPEN });
    }
    return new Promise((told) => {
      early.push((log) => told(log === undefined ? OFF : log.append(kind, body)));
    });
  }

  detections(items: readonly Detection[]): void {
    for (const item of items) void this.append(item.source === 'policy' ? 'verdict' : 'detection', item);
  }

  /** What was decided while no agent ran, since the log's last record. A new log does not begin with what was before it. */
  missed(decisions: readonly Decision[]): void {
    const since = this.#held?.log.continuedFrom;
    if (since === undefined) return;
    for (const decision of decisions)
      if (decision.by === 'command' && Date.parse(decision.time) > Date.parse(since)) this.decision(decision);
  }

  /** What an operator decided about policies, or about a container. */
  decision({ action, who, changes, ...more }: Decision): void {
    if (action === 'isolate' || action === 'release')
      void this.append('response', { action, outcome: 'done', who, ...more });
    else void this.append('policy.change', { action, who, changes, ...more });
  }

  /** Totals since the start, as the sensor tells them. */
  loss(lost: readonly Loss[]): void {
    this.#losses.tell(lost);
  }

  /** There is a log that takes records. */
  get isKept(): boolean {
    return this.#held !== undefined;
  }

  /** Idempotent. @throws EvidenceError EVIDENCE_BUSY, EVIDENCE_UNREADABLE, EVIDENCE_UNWRITABLE */
  async open(): Promise<void> {
    const { folder, timeAuthority, ...options } = this.#options;
    if (folder === undefined || this.#held !== undefined) return;
    const [{ openEvidence, Rfc3161Authority }, { holdFile }] = await Promise.all([
      import('@runward/evidence'),
      import('./hold-file.js'),
    ]);
    try {
      const authority = timeAuthority === undefined ? undefined : new Rfc3161Authority(timeAuthority);
      this.#settle(await openEvidence(folder, { ...options, authority, hold: holdFile }));
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      this.#settle(undefined);
      throw error;
    }
  }

  #settle(held: HeldLog | undefined): void {
    this.#held = held;
    for (const take of this.#early ?? []) take(held?.log);
    this.#early = undefined;
    if (this.#earlyLost.size === 0) return;
    const lost = Object.fromEntries(this.#earlyLost);
    const [firstTime, lastTime] = [this.#startedAt, new Date().toISOString()];
    void held?.log.append('gap', { where: 'log', why: NOT_OPEN, lost, firstTime, lastTime });
  }

  /** For `GET /v1/status`. */
  get summary(): ({ readonly folder: string } & LogStatus) | { readonly problem: string } {
    const { folder = '' } = this.#options;
    return this.#held === undefined
      ? { problem: this.#problem || NO_LOG }
      : { folder, ...this.#held.log.status };
  }

  /**
   * Puts the digest of a bundle's manifest on record and signs it by the log's key; undefined without a log, or while
   * it has no key.
   */
  async sealBundle(id: string, digest: string, who: Who): Promise<BundleSignature | undefined> {
    const receipt = await this.append('incident', { id, change: 'bundled', digest, who });
    const signed = this.#held?.log.signBundle(digest);
    return signed && { ...signed, ...(receipt.kept ? { seq: receipt.seq } : {}) };
  }

  /** Resolves to the new public key; undefined without a log. */
  async rotate(who: Who): Promise<string | undefined> {
    return this.#held?.log.rotate('an operator asked', who);
  }

  /** Puts the agent's end on record, with what it came to, and closes the log. */
  async end(why: string, report: SensorReport): Promise<void> {
    this.#losses.tell(report.lost);
    this.#losses.flush();
    const { events, detections, lost, cpuSeconds } = report;
    void this.append('agent.stop', { why, events, detections, lost, cpuSeconds });
    await this.close();
  }

  /** Writes what waits and closes the log. Idempotent. */
  async close(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    await held?.close();
  }
}
