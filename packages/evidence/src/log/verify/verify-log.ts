import type { X509Certificate } from 'node:crypto';
import { asRotate, type Checkpoint, type PrunedTotal } from '../bodies.js';
import type { Disk } from '../disk.js';
import { errnoOf } from '../folder-disk.js';
import { SignatureCheck } from '../keys.js';
import { LOG_KINDS } from '../kinds.js';
import { readSegment, segmentNumbers } from '../segment.js';
import { CheckpointMatch, checkBeginning, ownCheckpoint } from './ends.js';
import { type Finding, Findings } from './finding.js';
import { earlierKeys, KeyChain } from './key-chain.js';
import { SegmentVerifier } from './segment-verifier.js';
import { lastLines, type Surveyed, survey, tornParts } from './survey.js';
import { TimeCheck, type TimeReport } from './times.js';

export interface VerifyOptions {
  /** A public key of this log that was kept elsewhere. */
  readonly publicKey?: string | undefined;
  /** Checkpoints that were kept elsewhere. */
  readonly checkpoints?: readonly Checkpoint[];
  /** Certificates of time authorities, or of those that vouch for them. */
  readonly timeAuthorities?: readonly X509Certificate[];
  /** Records before it are not looked at: a number, or a time in milliseconds. */
  readonly since?: { readonly seq: number } | { readonly ms: number } | undefined;
}

export interface VerifyReport {
  readonly log: string;
  readonly segments: number;
  readonly records: number;
  readonly bytes: number;
  /** The first and last that were looked at and acknowledged. */
  readonly first: number;
  readonly last: number;
  readonly firstTime: string;
  readonly lastTime: string;
  /** In the order in which they passed on, those of pruned segments first. */
  readonly keys: readonly string[];
  /** Of the segments that were looked at, how many say that their key was sealed to a TPM. */
  readonly sealed: number;
  readonly pruned: PrunedTotal | undefined;
  /** Counted by gaps, in all. */
  readonly lost: number;
  readonly times: TimeReport;
  readonly findings: readonly Finding[];
  readonly errors: number;
}

/** Checks a log by nothing but its files, and by a key and checkpoints from elsewhere where there are any. */
export async function verifyLog(disk: Disk, options: VerifyOptions = {}): Promise<VerifyReport> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await verifyOnce(disk, options);
    } catch (error) {
      // A segment was pruned meanwhile: the log begins later now.
      if (errnoOf(error) !== 'ENOENT' || attempt === ATTEMPTS) throw error;
    }
  }
}

const ATTEMPTS = 5;

async function verifyOnce(disk: Disk, options: VerifyOptions): Promise<VerifyReport> {
  const findings = new Findings();
  const check = new SignatureCheck();
  // Before the segments: a log that is being written only grows beyond it.
  const own = await ownCheckpoint(disk);
  const surveyed = await survey(disk, await segmentNumbers(disk));
  const from = firstWanted(surveyed, options.since);
  const log = surveyed.find(({ open }) => open !== undefined)?.open?.log ?? '';
  if (surveyed.length === 0) findings.error('EVIDENCE_EMPTY', 'there is no log: not one segment is here');
  const keys = await keysUntil(disk, surveyed.slice(0, from + 1), log, check, findings);
  const checkpoints = new CheckpointMatch(own, options.checkpoints ?? []);
  const times = new TimeCheck(options.timeAuthorities);
  const verifier = new SegmentVerifier({ log, keys, check, findings, checkpoints, times });
  const wanted = surveyed.slice(from);
  const torn = tornParts(surveyed);
  let bytes = 0;
  for (const [i, { segment, open }] of wanted.entries()) {
    tellMissing(wanted[i - 1]?.segment, segment, findings);
    const text = await readSegment(disk, segment);
    verifier.verify(text, open, torn.get(segment), i === wanted.length - 1);
    bytes += text.bytes.length;
  }
  const { first, last, pruned, prunedTotal, records, lost } = verifier;
  if (from === 0 && first !== undefined) checkBeginning(surveyed[0]?.segment ?? 1, first, pruned, findings);
  const ends = { first: first?.record.seq ?? 0, last: last?.record.seq ?? 0 };
  checkpoints.checkEnd(log, ends, keys, check, findings);
  tellTrust(options.publicKey, keys, findings);
  return {
    ...{ log, segments: wanted.length, records, bytes, ...ends },
    ...{ firstTime: first?.record.time ?? '', lastTime: last?.record.time ?? '' },
    ...{
      keys: keys.keys,
      sealed: wanted.filter(({ open }) => open?.keyIn === 'tpm').length,
      pruned: prunedTotal,
      lost,
      times: times.report,
      findings: findings.told,
      errors: findings.errors,
    },
  };
}

/** The last segment that begins no later than what is asked for. */
function firstWanted(surveyed: readonly Surveyed[], since: VerifyOptions['since']): number {
  if (since === undefined) return 0;
  const isEarly = ({ seq, timeMs }: Surveyed): boolean =>
    'seq' in since ? seq !== undefined && seq <= since.seq : timeMs !== undefined && timeMs <= since.ms;
  return Math.max(0, surveyed.findLastIndex(isEarly));
}

/** The keys up to the one of the last of these segments: of pruned segments, and of those that are not looked at. */
async function keysUntil(
  disk: Disk,
  segments: readonly Surveyed[],
  log: string,
  check: SignatureCheck,
  findings: Findings,
): Promise<KeyChain> {
  let keys = await earlierKeys(disk, log, check);
  const [oldest] = segments;
  // A crash in the middle of pruning leaves segments whose keys are among the earlier ones already.
  if (oldest?.open !== undefined) keys.backTo(oldest.open.key);
  else if (oldest !== undefined) await beginAtEnd(disk, oldest.segment, keys);
  for (const [i, { segment, open }] of segments.entries()) {
    if (open !== undefined && keys.current !== open.key) {
      if (i === 0 && keys.current !== undefined)
        findings.error(
          'EVIDENCE_KEY_UNKNOWN',
          `the keys of pruned segments do not lead to segment ${segment}`,
          {
            segment,
          },
        );
      // Nothing leads here from what came before, so that vouches for nothing.
      keys = new KeyChain(check);
      keys.begin(open.key);
    }
    if (i === segments.length - 1) break;
    for (const line of await lastLines(disk, segment))
      if (line.record.kind === LOG_KINDS.rotate) keys.passSigned(line, log);
  }
  return keys;
}

/** Of a segment that cannot tell its key any more, that which it passes on from. */
async function beginAtEnd(disk: Disk, segment: number, keys: KeyChain): Promise<void> {
  const rotation = (await lastLines(disk, segment)).find(({ record }) => record.kind === LOG_KINDS.rotate);
  const from = asRotate(rotation?.record.body)?.from;
  if (from !== undefined && !keys.backTo(from)) keys.begin(from);
}

function tellMissing(before: number | undefined, segment: number, findings: Findings): void {
  if (before === undefined || segment === before + 1) return;
  const [from, to] = [before + 1, segment - 1];
  const what = from === to ? `segment ${from} is` : `segments ${from} to ${to} are`;
  findings.error('EVIDENCE_SEGMENT_MISSING', `${what} missing`, { segment: from });
}

function tellTrust(publicKey: string | undefined, keys: KeyChain, findings: Findings): void {
  if (publicKey !== undefined && !keys.has(publicKey))
    findings.error(
      'EVIDENCE_KEY_NOT_TRUSTED',
      `the log was not signed with ${publicKey}, nor with a key that it passed on to`,
    );
}
