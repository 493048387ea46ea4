import type { SegmentClose } from './bodies.js';
import type { Disk, DiskFile } from './disk.js';
import { recordStatement, type Signer } from './keys.js';
import { MerkleTree } from './merkle.js';
import { type Line, lineText, makeLine, recordJson } from './record.js';
import { segmentName } from './segment.js';

/** A record that has its text already, but not its place. */
export interface Draft {
  readonly kind: string;
  /** Canonical. */
  readonly body: string;
  readonly mended?: string | undefined;
  readonly time: string;
  /** Signed by itself; the last of a commit always is. */
  readonly signed?: boolean;
}

export interface Placed extends Line {
  readonly seq: number;
  readonly time: string;
}

/** The place of the next record. */
export interface Tip {
  readonly seq: number;
  readonly prev: string;
}

/** Drafts as lines that follow each other; the last is signed. */
export function chain(drafts: readonly Draft[], tip: Tip, log: string, signer: Signer): readonly Placed[] {
  let { seq, prev } = tip;
  return drafts.map((draft, i) => {
    const json = recordJson({ ...draft, seq, prev });
    const isSigned = draft.signed === true || i === drafts.length - 1;
    const line = makeLine(json, isSigned ? signer.sign(recordStatement(log, json)) : '');
    const placed = { ...line, seq, time: draft.time };
    seq += 1;
    prev = line.hash;
    return placed;
  });
}

/** The segment that is written. What a commit did not get onto the disk whole is taken out again. */
export class SegmentFile {
  readonly #file: DiskFile;
  readonly #tree = new MerkleTree();
  #bytes = 0;
  #firstTime = '';
  #lastTime = '';

  private constructor(
    readonly segment: number,
    readonly signer: Signer,
    readonly openedAtMs: number,
    file: DiskFile,
  ) {
    this.#file = file;
  }

  /** A segment is there with its first record, or not at all. */
  static async create(
    disk: Disk,
    segment: number,
    signer: Signer,
    header: Placed,
    nowMs: number,
  ): Promise<SegmentFile> {
    const bytes = Buffer.from(lineText(header));
    await disk.put(segmentName(segment), bytes);
    const file = new SegmentFile(segment, signer, nowMs, await disk.append(segmentName(segment)));
    file.#count([header], bytes.length);
    return file;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get records(): number {
    return this.#tree.size;
  }

  /** Resolves when the lines are durable. When it rejects none of them is there, or `broken` is set. */
  async commit(lines: readonly Placed[]): Promise<void> {
    const bytes = Buffer.from(lines.map(lineText).join(''));
    try {
      await this.#file.write(bytes);
    } catch (error) {
      await this.#file.truncate(this.#bytes).catch(() => this.#break());
      throw error;
    }
    try {
      await this.#file.sync();
    } catch (error) {
      // After a failed sync the kernel may take pages for written that are not: nothing more goes into this file.
      this.#break();
      await this.#file.truncate(this.#bytes).catch(() => undefined);
      throw error;
    }
    this.#count(lines, bytes.length);
  }

  #broken = false;

  /** Nothing can be added any more: the log goes on in another segment. */
  get broken(): boolean {
    return this.#broken;
  }

  #break(): void {
    this.#broken = true;
  }

  #count(lines: readonly Placed[], bytes: number): void {
    for (const { hash } of lines) this.#tree.add(Buffer.from(hash, 'hex'));
    this.#bytes += bytes;
    for (const { time } of lines) {
      // What waited while the segment was made is older than its first record.
      if (this.#firstTime === '' || time < this.#firstTime) this.#firstTime = time;
      if (time > this.#lastTime) this.#lastTime = time;
    }
  }

  /** What the closing record says when `before` come first. */
  summary(before: readonly Placed[] = []): SegmentClose {
    const tree = this.#tree.copy();
    for (const { hash } of before) tree.add(Buffer.from(hash, 'hex'));
    return {
      segment: this.segment,
      records: tree.size,
      root: tree.root(),
      firstTime: this.#firstTime,
      lastTime: this.#lastTime,
    };
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
