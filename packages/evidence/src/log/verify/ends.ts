import { asCheckpoint, type Checkpoint } from '../bodies.js';
import type { Disk } from '../disk.js';
import { errnoOf } from '../folder-disk.js';
import { digestStatement, type SignatureCheck } from '../keys.js';
import { NO_RECORD, type ReadLine, sha256 } from '../record.js';
import { CHECKPOINT_FILE } from '../segment.js';
import type { Findings } from './finding.js';
import type { KeyChain } from './key-chain.js';

/** The checkpoint beside the log; undefined when there is none that can be read. */
export async function ownCheckpoint(disk: Disk): Promise<Checkpoint | undefined> {
  try {
    return asCheckpoint(JSON.parse((await disk.read(CHECKPOINT_FILE)).toString('utf8')));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether a segment before the first one here was pruned, as a record of the log says. */
export function checkBeginning(
  segment: number,
  first: ReadLine,
  pruned: readonly { readonly segment: number; readonly hash: string }[],
  findings: Findings,
): void {
  const { seq, prev } = first.record;
  if (segment === 1 && seq === 1 && prev === NO_RECORD) return;
  if (pruned.some((gone) => gone.segment === segment - 1 && gone.hash === prev)) return;
  const what = segment === 1 ? `records 1 to ${seq - 1}` : `segments 1 to ${segment - 1}`;
  findings.error(
    'EVIDENCE_BEGINNING_MISSING',
    `the log begins with record ${seq}: ${what} are missing, and no record says that they were pruned`,
    { segment, seq },
  );
}

/** Holds checkpoints against the records they are of. */
export class CheckpointMatch {
  readonly #bySeq: Map<number, Checkpoint[]>;
  readonly #own: Checkpoint | undefined;

  constructor(own: Checkpoint | undefined, others: readonly Checkpoint[]) {
    this.#own = own;
    const all = own === undefined ? others : [own, ...others];
    this.#bySeq = Map.groupBy(all, ({ seq }) => seq);
  }

  compare({ json, record: { seq } }: ReadLine, segment: number, findings: Findings): void {
    for (const checkpoint of this.#bySeq.get(seq) ?? [])
      if (checkpoint.digest !== sha256(json))
        findings.error(
          'EVIDENCE_RECORD_CHANGED',
          `record ${seq} is not the one of ${this.#name(checkpoint)}`,
          {
            ...{ segment, seq },
          },
        );
  }

  /** The record that the log reached, as far as checkpoints tell. */
  reached(log: string, check: SignatureCheck): number {
    const holding = [...this.#bySeq.values()]
      .flat()
      .filter((each) => each.log === log && holds(each, check))
      .map(({ seq }) => seq);
    return Math.max(0, ...holding);
  }

  #name(checkpoint: Checkpoint): string {
    return checkpoint === this.#own
      ? `the log's own checkpoint`
      : `the checkpoint of ${checkpoint.time} that was kept elsewhere`;
  }

  /** Of a log whose first and last acknowledged records were looked at. */
  checkEnd(
    log: string,
    ends: { readonly first: number; readonly last: number },
    keys: KeyChain,
    check: SignatureCheck,
    findings: Findings,
  ): void {
    if (this.#own === undefined && ends.last > 1)
      findings.error(
        'EVIDENCE_END_UNPROVEN',
        `\`${CHECKPOINT_FILE}\` is missing or damaged: whether the log ends with record ${ends.last} cannot be told`,
      );
    for (const checkpoint of [...this.#bySeq.values()].flat()) {
      const { seq, key } = checkpoint;
      const name = this.#name(checkpoint);
      if (checkpoint.log !== log)
        findings.error('EVIDENCE_SEGMENT_FOREIGN', `${name} is of another log (${checkpoint.log})`);
      else if (!keys.has(key) || !holds(checkpoint, check))
        findings.error('EVIDENCE_END_UNPROVEN', `${name} is not signed with a key of this log`);
      else if (seq > ends.last)
        findings.error(
          'EVIDENCE_END_MISSING',
          `${name} proves that record ${seq} was there; what can be proven here ends with record ${ends.last}`,
          { seq: ends.last + 1 },
        );
      else if (seq < ends.first)
        findings.note('EVIDENCE_END_UNPROVEN', `${name} is of record ${seq}, which was not looked at`, {
          seq,
        });
    }
  }
}

const holds = ({ log, digest, key, signature }: Checkpoint, check: SignatureCheck): boolean =>
  check.holds(key, digestStatement(log, digest), signature);
