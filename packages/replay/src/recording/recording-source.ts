import { basename } from 'node:path';
import { type EventView, LIVE_FIELDS } from '@runward/events';
import { EvidenceError, RecordingFile, type SegmentHeader } from '@runward/evidence';
import { ReplayError } from '../error.js';
import type {
  EventSource,
  ReplayGap,
  ReplayOptions,
  ReplayStats,
  SkippedPart,
  SourceCoverage,
} from '../event-source.js';
import { SegmentPlayer } from './segment-player.js';

/** Fields that only the environment of processes, or moved data, can answer. */
const ENVIRONMENT_FIELDS = ['proc.env', 'proc.aenv'];
const DATA_FIELDS = ['evt.buffer'];
/** Why events at the end of a segment are missing there. */
export const IN_NEXT_SEGMENT = 'they waited for their container: they are in the next segment';

/** One segment of a recording as a source of events. It begins with its own tables and needs no other. */
export class RecordingSource implements EventSource {
  readonly name: string;
  readonly coverage: SourceCoverage;
  readonly header: SegmentHeader;
  /** Of the file, bytes. */
  readonly bytes: number;
  readonly #path: string;

  private constructor(path: string, file: RecordingFile) {
    this.#path = path;
    this.name = basename(path);
    this.header = file.header;
    this.bytes = file.bytes;
    this.coverage = coverageOf(file);
  }

  /**
   * @throws EvidenceError when the file is no recording this program can read
   */
  static async open(path: string): Promise<RecordingSource> {
    const file = await RecordingFile.open(path);
    await file.close();
    return new RecordingSource(path, file);
  }

  async replay(onEvent: (view: EventView) => void, options: ReplayOptions = {}): Promise<ReplayStats> {
    const file = await reopen(this.#path);
    try {
      return await play(file, onEvent, options);
    } finally {
      await file.close();
    }
  }
}

async function reopen(path: string): Promise<RecordingFile> {
  try {
    return await RecordingFile.open(path);
  } catch (cause) {
    if (cause instanceof EvidenceError && cause.code !== 'RECORDING_UNREADABLE') throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ReplayError('REPLAY_READ_FAILED', why, { cause });
  }
}

async function play(
  file: RecordingFile,
  onEvent: (view: EventView) => void,
  { signal, onProgress, onContainerEnd }: ReplayOptions,
): Promise<ReplayStats> {
  const skipped = new Map<string, { -readonly [K in keyof SkippedPart]: SkippedPart[K] }>();
  const skip = (reason: string, bytes: number, firstAt: number): void => {
    const known = skipped.get(reason);
    if (known === undefined) skipped.set(reason, { kind: 'damaged', reason, count: 1, bytes, firstAt });
    else {
      known.count += 1;
      known.bytes += bytes;
    }
  };
  for (const { reason, bytes, offset } of file.damaged) skip(reason, bytes, offset);
  const gaps: ReplayGap[] = [];
  let at = 0;
  const player = new SegmentPlayer(
    file.header,
    onEvent,
    {
      gaps,
      skip: (why, bytes) => skip(why, bytes, at),
    },
    onContainerEnd,
  );
  let expected = 0;
  let complete = true;
  for (const block of file.blocks) {
    if (signal?.aborted === true) {
      complete = false;
      break;
    }
    at = block.offset;
    const raw = await file.read(block);
    if (typeof raw === 'string') {
      skip(raw, block.storedBytes, block.offset);
      continue;
    }
    if (block.sequence !== expected) player.resume(block);
    expected = block.sequence + 1;
    player.play(raw);
    onProgress?.({
      bytesRead: block.offset + block.storedBytes,
      bytesTotal: file.bytes,
      events: player.events,
      timeNs: player.timeNs ?? 0n,
    });
  }
  if (complete) complete = conclude(player, gaps);
  return {
    events: player.events,
    malformed: player.malformed,
    skipped: [...skipped.values()],
    gaps,
    fromNs: player.fromNs,
    toNs: player.timeNs,
    complete,
  };
}

/** False when the recording was not closed. */
function conclude(player: SegmentPlayer, gaps: ReplayGap[]): boolean {
  const fromNs = player.timeNs;
  if (player.ended === 'continued') {
    const lost = player.waiting;
    const reason = IN_NEXT_SEGMENT;
    if (lost > 0) gaps.push({ fromNs, toNs: undefined, lost, reason });
    return true;
  }
  player.finish();
  if (player.ended === 'closed') return true;
  const reason = 'the recording was not closed: its last second may be missing';
  gaps.push({ fromNs, toNs: undefined, lost: undefined, reason });
  return false;
}

function coverageOf(file: RecordingFile): SourceCoverage {
  const { carries } = file.header;
  const timed = file.blocks.filter((block) => block.fromNs !== 0n);
  const missing = [
    ...LIVE_FIELDS,
    ...(carries.environment ? [] : ENVIRONMENT_FIELDS),
    ...(carries.dataBytes > 0 ? [] : DATA_FIELDS),
  ];
  const limits: string[] = [];
  if (carries.filter !== '') limits.push(`only events for which \`${carries.filter}\` holds were kept`);
  if (carries.opens === 'rules') limits.push('only what the rules of then could use was kept');
  if (carries.paths === 'asked') limits.push("a caller's path was resolved only where a rule of then looked");
  return {
    eventTypes: new Set(carries.eventTypes),
    missingFields: new Set(missing),
    scope: carries.scope,
    fromNs: timed[0]?.fromNs,
    toNs: timed.at(-1)?.toNs,
    limits,
  };
}
