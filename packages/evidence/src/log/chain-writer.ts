import { randomUUID } from 'node:crypto';
import type { SegmentEnd } from './anchor/anchoring.js';
import type { Checkpoint, KeyRotate, LogPruned, PrunedTotal, SegmentOpen, Torn } from './bodies.js';
import type { Disk } from './disk.js';
import { KeyRing } from './key-ring.js';
import type { KeyPlace, KeySealer } from './key-sealer.js';
import { proofStatement, type Signer } from './keys.js';
import { LOG_KINDS } from './kinds.js';
import { encodeBody } from './mend.js';
import type { LogLimits } from './options.js';
import { NO_RECORD, sha256 } from './record.js';
import type { LogEnd } from './recovery.js';
import { Retention } from './retention.js';
import { segmentName } from './segment.js';
import { chain, type Draft, type Placed, SegmentFile, type Tip } from './segment-file.js';

export interface ChainOptions {
  readonly host: string;
  readonly producer: string;
  readonly limits: LogLimits;
  readonly sealer?: KeySealer | undefined;
  readonly say: (message: string) => void;
  readonly nowMs: () => number;
  /** Told after each commit. */
  readonly onCommit: (checkpoint: Checkpoint) => void;
  /** Told of the end of the segment before, once the next one is there. */
  readonly onSegmentEnd: (end: SegmentEnd) => void;
}

/**
 * The chain on its disk: segments that begin and end, keys that pass on, what goes when there is too much. Every step can be
 * the last before a crash, and each that fails can be tried again; what {@link commit} did not get onto the disk whole
 * is not there.
 */
export class ChainWriter {
  readonly log: string;
  readonly #disk: Disk;
  readonly #options: ChainOptions;
  readonly #ring: KeyRing;
  readonly #retention: Retention;
  #tip: Tip;
  #expectedKey: string | undefined;
  #previous: SegmentOpen['previous'];
  #torn: readonly Torn[];
  #pruned: PrunedTotal | undefined;
  #segment: number;
  #file: SegmentFile | undefined;
  #next: Signer | undefined;
  #last: Pick<SegmentEnd, 'seq' | 'digest'> | undefined;

  constructor(disk: Disk, end: LogEnd | undefined, options: ChainOptions) {
    this.#disk = disk;
    this.#options = options;
    this.#ring = new KeyRing(disk, options.sealer);
    this.#retention = new Retention(disk, options.limits);
    this.log = end?.log ?? randomUUID();
    this.#tip = { seq: (end?.seq ?? 0) + 1, prev: end?.hash ?? NO_RECORD };
    this.#expectedKey = end?.key;
    this.#previous = end?.previous;
    this.#torn = end?.torn ?? [];
    this.#pruned = end?.pruned;
    this.#segment = end?.segment ?? 0;
    this.#last = end;
  }

  get segment(): number {
    return this.#segment;
  }

  get tip(): Tip {
    return this.#tip;
  }

  /** By the key of the open segment; undefined between two of them. */
  sign(statement: string): { readonly key: string; readonly signature: string } | undefined {
    const signer = this.#file?.signer;
    return signer && { key: signer.publicKey, signature: signer.sign(statement) };
  }

  /** Where the key of the open segment is kept; undefined between two of them. */
  get keyIn(): KeyPlace | undefined {
    return this.#file?.signer.place;
  }

  get publicKey(): string {
    return this.#file?.signer.publicKey ?? this.#expectedKey ?? '';
  }

  /** A segment is there to write into. */
  get isOpen(): boolean {
    return this.#file !== undefined && !this.#file.broken;
  }

  /** The segment is as large or as old as one gets. */
  get isDue(): boolean {
    const { limits, nowMs } = this.#options;
    if (this.#file === undefined) return false;
    if (this.#file.bytes >= limits.segmentBytes) return true;
    return this.#file.records > 1 && nowMs() - this.#file.openedAtMs >= limits.segmentMs;
  }

  /** Into the open segment; resolves when all are on the disk. */
  async commit(drafts: readonly Draft[]): Promise<readonly Placed[]> {
    const file = this.#file;
    if (file === undefined) throw new Error('no segment is open');
    const lines = chain(drafts, this.#tip, this.log, file.signer);
    await file.commit(lines);
    this.#advance(lines, file.signer);
    return lines;
  }

  #advance(lines: readonly Placed[], signer: Signer): void {
    const last = lines.at(-1);
    if (last === undefined) return;
    const { seq, time, signature } = last;
    const digest = sha256(last.json);
    this.#tip = { seq: seq + 1, prev: last.hash };
    this.#last = { seq, digest };
    this.#options.onCommit({ log: this.log, seq, time, digest, key: signer.publicKey, signature });
  }

  async begin(): Promise<void> {
    if (this.#file !== undefined) await this.#abandon(this.#file);
    const { signer, broken } = await this.#signer();
    const ended = this.#last;
    const before = this.#previous;
    const segment = this.#segment + 1;
    const { host, producer, nowMs } = this.#options;
    const body: SegmentOpen = {
      format: 'runward-evidence-1',
      ...{ log: this.log, segment, key: signer.publicKey, keyIn: signer.place, host, producer },
      ...(this.#previous === undefined ? {} : { previous: this.#previous }),
      ...(this.#torn.length === 0 ? {} : { torn: this.#torn }),
      ...(this.#pruned === undefined ? {} : { pruned: this.#pruned }),
      ...(broken === undefined ? {} : { broken }),
    };
    const lines = chain([this.#draft(LOG_KINDS.open, body)], this.#tip, this.log, signer);
    const [header] = lines as readonly [Placed]; // one draft
    this.#file = await SegmentFile.create(this.#disk, segment, signer, header, nowMs());
    this.#segment = segment;
    this.#torn = [];
    this.#expectedKey = signer.publicKey;
    if (this.#next !== signer) this.#next = undefined;
    this.#advance(lines, signer);
    if (ended !== undefined && before !== undefined)
      this.#options.onSegmentEnd({ segment: before.segment, ...ended });
    await this.#eraseOthers(signer.publicKey);
    await this.#prune(segment);
  }

  /** A file that a failed sync left in doubt: the log goes on behind its last acknowledged record, in another. */
  async #abandon(file: SegmentFile): Promise<void> {
    const rest = await this.#disk.read(segmentName(file.segment), file.bytes);
    const { segment, records, root } = file.summary();
    this.#previous = { segment, records, root };
    const place = { segment, offset: file.bytes, bytes: rest.length };
    this.#torn = rest.length === 0 ? [] : [{ ...place, sha256: sha256(rest), records: 0 }];
    this.#file = undefined;
    await file.close().catch(() => undefined); // nothing of it is needed any more
  }

  async #signer(): Promise<{ readonly signer: Signer; readonly broken?: string }> {
    const expected = this.#expectedKey;
    if (this.#next !== undefined && (expected ?? this.#next.publicKey) === this.#next.publicKey)
      return { signer: this.#next };
    const signer = expected === undefined ? undefined : await this.#ring.find(expected);
    if (signer !== undefined) return { signer };
    this.#next = await this.#ring.make();
    if (expected === undefined) return { signer: this.#next };
    const broken = `the private key of ${expected} is not on this machine any more`;
    this.#options.say(`${broken}: the evidence log goes on under a new key that nothing vouches for`);
    return { signer: this.#next, broken };
  }

  /** Passes on to a new key and closes; the old one is destroyed. Resolves to the new public key. */
  async end(why: string, who?: unknown): Promise<string> {
    const file = this.#file;
    if (file === undefined) throw new Error('no segment is open');
    const from = file.signer.publicKey;
    if (this.#next === undefined || this.#next.publicKey === from) this.#next = await this.#ring.make();
    const to = this.#next.publicKey;
    const proof = this.#next.sign(proofStatement(this.log, from, to));
    const rotate: KeyRotate = { from, to, proof, why, ...(who === undefined ? {} : { who }) };
    const rotation = { ...this.#draft(LOG_KINDS.rotate, rotate), signed: true };
    // The closing record counts the one before it, which is therefore made first; it comes out the same again.
    const summary = file.summary(chain([rotation], this.#tip, this.log, file.signer));
    await this.commit([rotation, this.#draft(LOG_KINDS.close, summary)]);
    const { segment, records, root } = summary;
    this.#expectedKey = to;
    this.#previous = { segment, records, root };
    this.#file = undefined;
    await file.close().catch(() => undefined); // it is synced
    await this.#eraseOthers(to);
    return to;
  }

  #draft(kind: string, body: unknown): Draft {
    return { kind, body: encodeBody(body).json, time: new Date(this.#options.nowMs()).toISOString() };
  }

  async #eraseOthers(publicKey: string): Promise<void> {
    try {
      await this.#ring.keepOnly(publicKey);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.say(`an ended key of the evidence log cannot be destroyed: ${why}`);
    }
  }

  async #prune(current: number): Promise<void> {
    await this.#retention.finish(this.#pruned);
    const gone = await this.#retention.due(current, this.#options.nowMs());
    if (gone === undefined) return;
    const total = this.#retention.totalOf(this.#pruned, gone.segments);
    const body: LogPruned = { why: gone.why, segments: gone.segments.map(({ entry }) => entry), total };
    await this.#retention.keepKeys(gone.segments);
    await this.commit([this.#draft(LOG_KINDS.pruned, body)]);
    this.#pruned = total;
    await this.#retention.finish(total);
  }

  async close(): Promise<void> {
    await this.#file?.close().catch(() => undefined); // what is acknowledged is synced
    this.#file = undefined;
  }
}
