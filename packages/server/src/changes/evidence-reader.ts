import {
  EvidenceError,
  type EvidenceLog,
  FolderDisk,
  type Found,
  makeProof,
  type Proof,
  readRecords,
  recordFilter,
  type VerifyReport,
  verifyLog,
} from '@runward/evidence';

export interface EvidenceQuery {
  readonly kinds?: readonly string[];
  /** Somewhere in the text of the record. */
  readonly text?: string | undefined;
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly beforeSeq?: number | undefined;
}

/** What the evidence log of the server has, and whether it is what was written. */
export class EvidenceReader {
  readonly #log: EvidenceLog;
  readonly #folder: string;

  /** The log of that folder. */
  constructor(log: EvidenceLog, folder: string) {
    this.#log = log;
    this.#folder = folder;
  }

  /** The newest first. */
  async find(query: EvidenceQuery, limit: number): Promise<readonly Found[]> {
    const { kinds, text, sinceMs, untilMs, beforeSeq = Number.POSITIVE_INFINITY } = query;
    const fits = recordFilter({ kinds: kinds ?? [], text });
    let found: Found[] = [];
    for await (const each of readRecords(new FolderDisk(this.#folder), { sinceMs, untilMs })) {
      if (each.record.seq >= beforeSeq || !fits(each)) continue;
      found.push(each);
      if (found.length > 2 * limit) found = found.slice(-limit);
    }
    return found.slice(-limit).reverse();
  }

  verify(): Promise<VerifyReport> {
    return verifyLog(new FolderDisk(this.#folder));
  }

  /**
   * What shows to somebody who has neither the log nor trust in this server that a record is in it. A part of the log that
   * is still written has no root yet: it is ended for that, as it is every hour.
   *
   * @throws EvidenceError EVIDENCE_PROOF_IMPOSSIBLE
   */
  async prove(seq: number, by: string): Promise<Proof> {
    const disk = new FolderDisk(this.#folder);
    try {
      return await makeProof(disk, seq);
    } catch (error) {
      if (!(error instanceof EvidenceError) || error.code !== 'EVIDENCE_PROOF_IMPOSSIBLE') throw error;
      await this.#log.rotate('a proof was asked for', { name: by });
      return makeProof(disk, seq);
    }
  }
}
