import type { Incident, StoredRecord } from '../api/types.js';

export interface Times {
  readonly count: number;
  readonly meanMs: number;
  /** A few that waited over a weekend do not move it. */
  readonly medianMs: number;
}

export function timesOf(spans: readonly number[]): Times | undefined {
  const sorted = spans.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  if (median === undefined) return undefined;
  return {
    count: sorted.length,
    meanMs: sorted.reduce((sum, each) => sum + each, 0) / sorted.length,
    medianMs: median,
  };
}

/** From when something happened to when this server knew, by its own clock. */
export const knownAfter = ({ receivedMs, timeMs, skewMs }: StoredRecord): number =>
  Math.max(0, receivedMs - (timeMs - skewMs));

const ENDED = new Set(['contained', 'resolved']);

/** From the first detection to the first response, or to where somebody called it contained or resolved. */
export const responseTime = (incident: Incident): readonly number[] =>
  incident.changes
    .filter(({ what, to }) => what === 'response' || (what === 'state' && ENDED.has(to)))
    .slice(0, 1)
    .map(({ atMs }) => Math.max(0, atMs - incident.firstMs));

export function spanText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${(ms / 3_600_000).toFixed(1)} h` : `${Math.round(ms / 86_400_000)} d`;
}
