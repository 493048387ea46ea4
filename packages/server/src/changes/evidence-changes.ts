import type { ControlChangeBody } from '@runward/evidence';
import { type EvidenceLog, FolderDisk, readRecords } from '@runward/evidence';
import type { Changes, RecordedChange } from './changes.js';

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
    let found: RecordedChange[] = [];
    for await (const { record } of readRecords(new FolderDisk(this.#folder))) {
      if (record.kind !== 'control.change' || record.seq >= beforeSeq) continue;
      const body = record.body as unknown as ControlChangeBody; // as this class wrote it
      found.push({ seq: record.seq, time: record.time, ...body });
      if (found.length > 2 * limit) found = found.slice(-limit);
    }
    return found.slice(-limit).reverse();
  }
}
