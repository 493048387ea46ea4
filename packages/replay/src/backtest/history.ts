import { formatTime } from '@runward/detect';
import type { FileResult } from '../engine/messages.js';
import type { ReplayGap, SkippedPart } from '../event-source.js';

/** What a backtest of any kind says of the files it was run over. */
export interface HistorySummary {
  readonly files: readonly {
    readonly path: string;
    readonly events: number;
    readonly from: string | null;
    readonly to: string | null;
    readonly complete: boolean;
    /** In words, why events may be missing that the file could carry. */
    readonly limits: readonly string[];
  }[];
  readonly events: number;
  /** First and last event of all files; null when there was none. */
  readonly from: string | null;
  readonly to: string | null;
  /** Time the files cover, summed file by file, seconds. */
  readonly coveredSeconds: number;
  readonly gaps: readonly (Omit<ReplayGap, 'fromNs' | 'toNs'> & {
    readonly path: string;
    readonly from: string | null;
    readonly to: string | null;
  })[];
  /** Parts of the files that are damaged or unknown; what no rule can speak about is left out. */
  readonly skipped: readonly (SkippedPart & { readonly path: string })[];
  readonly cpuSeconds: number;
}

const timeText = (ns: bigint | undefined): string | null => (ns === undefined ? null : formatTime(ns));

/** The files of a backtest, put together. */
export function summarizeHistory(files: readonly FileResult[]): HistorySummary {
  const coveredNs = files.reduce(
    (sum, f) =>
      f.fromNs === undefined || f.toNs === undefined || f.toNs < f.fromNs ? sum : sum + (f.toNs - f.fromNs),
    0n,
  );
  const times = files.flatMap((f) =>
    f.fromNs === undefined || f.toNs === undefined ? [] : [f.fromNs, f.toNs],
  );
  return {
    files: files.map((f) => ({
      path: f.path,
      events: f.events,
      from: timeText(f.fromNs),
      to: timeText(f.toNs),
      complete: f.complete,
      limits: f.limits,
    })),
    events: files.reduce((n, f) => n + f.events, 0),
    from: timeText(times.reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined)),
    to: timeText(times.reduce<bigint | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined)),
    coveredSeconds: Number(coveredNs) / 1e9,
    gaps: files.flatMap((f) =>
      f.gaps.map(({ fromNs, toNs, lost, reason }) => ({
        path: f.path,
        from: timeText(fromNs),
        to: timeText(toNs),
        lost,
        reason,
      })),
    ),
    skipped: files.flatMap((f) =>
      f.skipped.filter((part) => part.kind !== 'unsupported').map((part) => ({ ...part, path: f.path })),
    ),
    cpuSeconds: files.reduce((n, f) => n + f.cpuSeconds, 0),
  };
}
