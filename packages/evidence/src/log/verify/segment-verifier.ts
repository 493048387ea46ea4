import { asClose, asPruned, type PrunedTotal, type SegmentOpen, type Torn } from '../bodies.js';
import { recordStatement, type SignatureCheck } from '../keys.js';
import { LOG_KINDS } from '../kinds.js';
import { merkleRoot } from '../merkle.js';
import { isObject, type ReadLine, sha256 } from '../record.js';
import type { SegmentText } from '../segment.js';
import type { Tip } from '../segment-file.js';
import { followChain } from './chain.js';
import type { CheckpointMatch } from './ends.js';
import type { Findings } from './finding.js';
import type { KeyChain } from './key-chain.js';
import { inOrder } from './order.js';
import { checkSignatures } from './signatures.js';
import type { TimeCheck } from './times.js';

export interface SegmentContext {
  readonly log: string;
  readonly keys: KeyChain;
  readonly check: SignatureCheck;
  readonly findings: Findings;
  readonly checkpoints: CheckpointMatch;
  readonly times: TimeCheck;
}

/** Checks segments one after the other, each where the one before ended. */
export class SegmentVerifier {
  readonly #context: SegmentContext;
  #tip: Tip | undefined;
  #previous: SegmentOpen['previous'];
  /** Segments of which a record says that they went. */
  readonly pruned: { readonly segment: number; readonly hash: string }[] = [];
  prunedTotal: PrunedTotal | undefined;
  first: ReadLine | undefined;
  last: ReadLine | undefined;
  records = 0;
  /** Counted by gaps. */
  lost = 0;

  constructor(context: SegmentContext) {
    this.#context = context;
  }

  /** `torn`: what the segment after says of this one's end. */
  verify(text: SegmentText, open: SegmentOpen | undefined, torn: Torn | undefined, isLast: boolean): void {
    const { findings, check, keys, log } = this.#context;
    const { segment } = text;
    if (torn !== undefined) this.#checkTorn(text, torn);
    if (torn?.offset === 0) return;
    const before = findings.errors;
    this.#checkOpen(text, open);
    const signed = { log, key: open?.key ?? keys.current ?? '', segment };
    const limit = torn?.offset ?? (isLast ? this.#signedEnd(text, signed.key) : text.bytes.length);
    const lines = inOrder(
      text.lines.filter(({ offset }) => offset < limit),
      segment,
      findings,
    );
    this.#tip = followChain(text, lines, this.#tip, limit, findings);
    // A signature that does not hold follows from what was found already.
    if (findings.errors === before) checkSignatures(lines, signed, check, findings);
    this.#checkRoots(lines, segment, open, findings.errors === before);
    for (const line of lines) this.#take(line, segment);
    const end = lines.at(-1);
    if (end !== undefined) this.#context.times.ended(segment, end);
    this.first ??= lines[0];
    this.last = lines.at(-1) ?? this.last;
    this.records += lines.length;
  }

  #checkTorn({ segment, bytes }: SegmentText, torn: Torn): void {
    const rest = bytes.subarray(torn.offset);
    const { findings } = this.#context;
    if (rest.length !== torn.bytes || sha256(rest) !== torn.sha256)
      findings.error(
        'EVIDENCE_TORN_CHANGED',
        `what a crash left behind byte ${torn.offset} of segment ${segment} is not what it was (${torn.bytes} bytes)`,
        { segment },
      );
    else
      findings.note(
        'EVIDENCE_UNFINISHED',
        `${torn.bytes} bytes at the end of segment ${segment} were not acknowledged when the agent ended`,
        { segment },
      );
  }

  #checkOpen({ segment, lines }: SegmentText, open: SegmentOpen | undefined): void {
    const { findings, keys, log } = this.#context;
    const foreign = (why: string): void =>
      findings.error('EVIDENCE_SEGMENT_FOREIGN', `segment ${segment} ${why}`, { segment });
    if (open === undefined) {
      // That its first record was changed is told with the others, where it is known which that was.
      const [first] = lines;
      if (first?.offset === 0 && first.intact) foreign('does not begin as a segment does');
      else if (first?.offset !== 0 && this.#tip === undefined)
        findings.error('EVIDENCE_RECORD_CHANGED', `the first record of segment ${segment} cannot be read`, {
          ...{ segment, seq: (first?.record.seq ?? 2) - 1 },
        });
      return;
    }
    if (open.segment !== segment) foreign(`says that it is segment ${open.segment}: it was put in its place`);
    if (open.log !== log) foreign(`is of another log (${open.log})`);
    if (open.pruned !== undefined) {
      this.pruned.push(open.pruned);
      this.prunedTotal = open.pruned;
    }
    if (open.key !== keys.current) this.#checkKey(open);
  }

  #checkKey({ key, segment, broken }: SegmentOpen): void {
    const { findings, keys } = this.#context;
    const place = { segment };
    if (broken !== undefined)
      findings.error(
        'EVIDENCE_KEY_LOST',
        `from segment ${segment} on nothing vouches for the key: ${broken}`,
        place,
      );
    else if (keys.has(key))
      findings.error(
        'EVIDENCE_KEY_ROLLED_BACK',
        `segment ${segment} is signed with ${key}, which had passed on to another key`,
        place,
      );
    else
      findings.error(
        'EVIDENCE_KEY_UNKNOWN',
        `segment ${segment} is signed with ${key}, which no key of this log passed on to`,
        place,
      );
    keys.begin(key);
  }

  /** Where the last segment stops being proven; it may be written at this moment. */
  #signedEnd({ segment, lines, bytes }: SegmentText, key: string): number {
    const { check, findings, log } = this.#context;
    const last = lines.findLast(
      ({ intact, json, signature }) =>
        intact && signature !== '' && check.holds(key, recordStatement(log, json), signature),
    );
    // Without a signature that holds, or before what is known to have been acknowledged, all is looked at.
    const isShort = last === undefined || last.record.seq < this.#context.checkpoints.reached(log, check);
    const end = isShort ? bytes.length : last.offset + last.length;
    if (end < bytes.length)
      findings.note(
        'EVIDENCE_UNFINISHED',
        `${bytes.length - end} bytes behind record ${last?.record.seq ?? 0} were not acknowledged: the agent writes them now, or ended`,
        { segment },
      );
    return end;
  }

  #checkRoots(
    lines: readonly ReadLine[],
    segment: number,
    open: SegmentOpen | undefined,
    isGood: boolean,
  ): void {
    const { findings } = this.#context;
    const wrong = (what: string): void =>
      findings.error('EVIDENCE_ROOT_WRONG', `${what} is not the Merkle root of its records`, { segment });
    const told = open?.previous;
    const was = this.#previous;
    if (isGood && told !== undefined && was?.segment === told.segment && was.root !== told.root)
      wrong(`what segment ${segment} says of segment ${told.segment}`);
    const last = lines.at(-1);
    const close = last?.record.kind === LOG_KINDS.close ? asClose(last.record.body) : undefined;
    const before = close === undefined ? lines : lines.slice(0, -1);
    const root = merkleRoot(before.map(({ hash }) => hash));
    if (isGood && close !== undefined && (close.root !== root || close.records !== before.length))
      wrong(`what the end of segment ${segment} says`);
    this.#previous = isGood ? { segment, records: before.length, root } : undefined;
  }

  #take(line: ReadLine, segment: number): void {
    const { keys, log, findings, checkpoints, times } = this.#context;
    const { kind, body, seq } = line.record;
    if (kind === LOG_KINDS.rotate && !keys.passSigned(line, log) && line.intact)
      findings.error('EVIDENCE_KEY_UNKNOWN', `record ${seq} does not pass the key on as a key does`, {
        ...{ segment, seq },
      });
    if (kind === LOG_KINDS.pruned) {
      const pruned = asPruned(body);
      this.pruned.push(...(pruned?.segments ?? []));
      this.prunedTotal = pruned?.total ?? this.prunedTotal;
    }
    if (kind === 'gap' && isObject(body.lost))
      for (const count of Object.values(body.lost)) this.lost += typeof count === 'number' ? count : 0;
    if (kind === 'anchor') times.check(line, segment, findings);
    checkpoints.compare(line, segment, findings);
  }
}
