import type { WorkloadProfile } from './profile.js';

/** How much a profile can be relied on, in numbers and words. */
export interface Confidence {
  readonly watchedMs: number;
  readonly replicas: number;
  readonly starts: number;
  readonly sessions: number;
  readonly lostRecords: number;
  /** Since the last thing that had not been seen before, in watched time between first and last event. */
  readonly quietMs: number;
  /** It still met something new in the last third of the time. */
  readonly growing: boolean;
  /** Containers were watched for longer than their start-up, so that steady state is known at all. */
  readonly steady: boolean;
  /** Short: `2 containers for 10 min, 2 starts, nothing new for 5 min`. */
  readonly summary: string;
  /** What speaks against it, each a sentence without its full stop. */
  readonly warnings: readonly string[];
}

const STARTUP_MS = 60_000;
/** Nothing new for this part of the time: it is not growing any more. */
const QUIET_PART = 1 / 3;

export function confidenceOf({ coverage }: WorkloadProfile): Confidence {
  const { watchedMs, replicas, starts, sessions, lostRecords, firstMs, lastMs, lastNewMs } = coverage;
  const quietMs = Math.max(0, lastMs - Math.max(lastNewMs, firstMs));
  const span = lastMs - firstMs;
  const growing = span <= 0 || quietMs < span * QUIET_PART;
  const longest = Math.max(0, ...(coverage.containers ?? []).map((c) => c.watchedMs));
  const steady = (coverage.containers === undefined ? watchedMs : longest) > STARTUP_MS;
  const summary = [
    `${counted(replicas, 'container')} for ${duration(watchedMs)}`,
    counted(starts, 'start'),
    growing ? 'still growing' : `nothing new for ${duration(quietMs)}`,
  ].join(', ');
  return {
    ...{ watchedMs, replicas, starts, sessions, lostRecords, quietMs, growing, steady, summary },
    warnings: warningsOf({ ...coverage, growing, steady, quietMs }),
  };
}

function warningsOf(
  facts: WorkloadProfile['coverage'] & { growing: boolean; steady: boolean; quietMs: number },
): readonly string[] {
  const warnings: string[] = [];
  if (facts.replicas === 0) return ['nothing was watched yet'];
  if (facts.starts === 0)
    warnings.push('no start was watched: what a container does only when it starts is missing');
  else if (facts.starts === 1) warnings.push('one start was watched; a second may do more');
  if (!facts.steady) warnings.push('no container was watched for longer than its first minute');
  if (facts.growing && facts.steady)
    warnings.push(`it still grows: something new came ${duration(facts.quietMs)} before the end`);
  if (facts.lostRecords > 0)
    warnings.push(
      `${counted(facts.lostRecords, 'record')} of this machine were lost meanwhile: something may be missing`,
    );
  if (facts.callsCounted === false)
    warnings.push(
      'only system calls that have events of their own are known: the policy does not judge them',
    );
  const omitted = Object.entries(facts.omitted ?? {}).filter(([, count]) => count > 0);
  if (omitted.length > 0)
    warnings.push(`limits were reached, left out: ${omitted.map(([what, n]) => `${n} ${what}`).join(', ')}`);
  return warnings;
}

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`. */
export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
