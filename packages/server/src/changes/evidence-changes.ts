import type { ControlChangeBody } from '@runward/evidence';
import { type EvidenceLog, FolderDisk, readRecords } from '@runward/evidence';
import type { Changes, RecordedChange } from './changes.js';

const FIRST_SPAN = 2000;

/** Changes as records of kind `control.change` in an evidence log. */
export class EvidenceChanges implements Changes {
  readonly #log: EvidenceLog;
  readonly #folder: string;

  /** The log of that folder. */
  constructor(log: EvidenceLog, folder: string) {
    this.#log = log;
    this.#folder = folder;
  }

  get trouble(): string | undefined {
    const { state } = this.#log.status;
    return state.kind === 'stalled' ? state.why : undefined;
  }

  async record(change: ControlChangeBody): Promise<void> {
    await this.#log.append('control.change', change);
  }

  async read(beforeSeq = Number.POSITIVE_INFINITY, limit: number): Promise<readonly RecordedChange[]> {
    const end = Math.min(beforeSeq, this.#log.status.seq + 1);
    // From the end, in larger and larger parts: who looks at the latest does not have years of them read.
    for (let span = FIRST_SPAN; ; span *= 4) {
      const from = Math.max(0, end - span);
      const found = await this.#between(from, end, limit);
      if (found.length >= limit || from === 0) return found.toReversed();
    }
  }

  /** The last of them. */
  async #between(fromSeq: number, end: number, limit: number): Promise<readonly RecordedChange[]> {
    let found: RecordedChange[] = [];
    for await (const { record } of readRecords(new FolderDisk(this.#folder), { fromSeq })) {
      if (record.seq >= end) break;
      if (record.kind !== 'control.change') continue;
      const body = record.body as unknown as ControlChangeBody; // as this class wrote it
      found.push({ seq: record.seq, time: record.time, ...body });
      if (found.length > 2 * limit) found = found.slice(-limit);
    }
    return found.slice(-limit);
  }
}
