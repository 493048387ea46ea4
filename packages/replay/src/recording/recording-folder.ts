import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { EventView } from '@runward/events';
import { ReplayError } from '../error.js';
import type {
  EventSource,
  ReplayOptions,
  ReplayStats,
  SkippedPart,
  SourceCoverage,
} from '../event-source.js';
import { IN_NEXT_SEGMENT, RecordingSource } from './recording-source.js';

/** The segments in a folder, as a flight recorder leaves them: one after the other, oldest recording first. */
export class RecordingFolder implements EventSource {
  readonly name: string;
  readonly coverage: SourceCoverage;
  readonly segments: readonly RecordingSource[];

  private constructor(path: string, segments: readonly RecordingSource[]) {
    this.name = basename(path);
    this.segments = segments;
    this.coverage = sharedCoverage(segments.map((segment) => segment.coverage));
  }

  /**
   * @throws ReplayError REPLAY_OPEN_FAILED when the folder cannot be read, REPLAY_FORMAT_UNKNOWN when it holds no
   * recording; EvidenceError when one of them cannot be read
   */
  static async open(path: string): Promise<RecordingFolder> {
    let names: string[];
    try {
      names = await readdir(path);
    } catch (cause) {
      throw new ReplayError('REPLAY_OPEN_FAILED', `the folder \`${path}\` cannot be read`, { cause });
    }
    const files = names.filter((name) => name.endsWith('.rwrec'));
    if (files.length === 0) {
      throw new ReplayError('REPLAY_FORMAT_UNKNOWN', `there is no recording in the folder \`${path}\``, {
        help: 'recordings are files named `*.rwrec`',
      });
    }
    const segments = await Promise.all(files.map((name) => RecordingSource.open(join(path, name))));
    return new RecordingFolder(path, inOrder(segments));
  }

  async replay(onEvent: (view: EventView) => void, options: ReplayOptions = {}): Promise<ReplayStats> {
    const parts: ReplayStats[] = [];
    const bytesTotal = this.segments.reduce((sum, segment) => sum + segment.bytes, 0);
    let bytesBefore = 0;
    let eventsBefore = 0;
    for (const [index, segment] of this.segments.entries()) {
      const { onProgress } = options;
      const part = await segment.replay(onEvent, {
        ...options,
        ...(onProgress === undefined
          ? {}
          : {
              onProgress: ({ bytesRead, events, timeNs }) =>
                onProgress({
                  bytesRead: bytesBefore + bytesRead,
                  bytesTotal,
                  events: eventsBefore + events,
                  timeNs,
                }),
            }),
      });
      const next = this.segments[index + 1];
      const isFollowed =
        next?.header.recordingId === segment.header.recordingId &&
        next.header.segment === segment.header.segment + 1;
      // What a segment leaves to the next one is not missing when that one is here.
      parts.push(
        isFollowed ? { ...part, gaps: part.gaps.filter((gap) => gap.reason !== IN_NEXT_SEGMENT) } : part,
      );
      bytesBefore += segment.bytes;
      eventsBefore += part.events;
      if (options.signal?.aborted === true) break;
    }
    return together(parts, parts.length === this.segments.length);
  }
}

/** Recordings by their start, their segments by number. */
function inOrder(segments: readonly RecordingSource[]): RecordingSource[] {
  const starts = new Map<string, string>();
  for (const { header } of segments) {
    const known = starts.get(header.recordingId);
    if (known === undefined || header.startedAt < known) starts.set(header.recordingId, header.startedAt);
  }
  const startOf = ({ header }: RecordingSource): string => starts.get(header.recordingId) ?? '';
  return segments.toSorted(
    (a, b) => startOf(a).localeCompare(startOf(b)) || a.header.segment - b.header.segment,
  );
}

/** What all of them carry: of anything else one cannot say that it did not happen. */
function sharedCoverage(all: readonly SourceCoverage[]): SourceCoverage {
  const [first, ...rest] = all;
  const common = [...(first?.eventTypes ?? [])].filter((type) => rest.every((c) => c.eventTypes.has(type)));
  return {
    eventTypes: new Set(common),
    missingFields: new Set(all.flatMap((c) => [...c.missingFields])),
    scope: all.every((c) => c.scope === 'host') ? 'host' : 'containers',
    fromNs: first?.fromNs,
    toNs: all.at(-1)?.toNs,
    limits: [...new Set(all.flatMap((c) => c.limits ?? []))],
  };
}

function together(parts: readonly ReplayStats[], all: boolean): ReplayStats {
  const skipped = new Map<string, SkippedPart>();
  for (const part of parts.flatMap((p) => p.skipped)) {
    const known = skipped.get(part.reason);
    skipped.set(part.reason, {
      ...part,
      count: part.count + (known?.count ?? 0),
      bytes: part.bytes + (known?.bytes ?? 0),
      firstAt: known?.firstAt ?? part.firstAt,
    });
  }
  return {
    events: parts.reduce((sum, p) => sum + p.events, 0),
    malformed: parts.reduce((sum, p) => sum + p.malformed, 0),
    skipped: [...skipped.values()],
    gaps: parts.flatMap((p) => p.gaps),
    fromNs: parts.find((p) => p.fromNs !== undefined)?.fromNs,
    toNs: parts.findLast((p) => p.toNs !== undefined)?.toNs,
    complete: all && parts.every((p) => p.complete),
  };
}
