import { createHash } from 'node:crypto';
import { Observer } from '@runward/learn';
import { parseWorkloadKey, type WorkloadProfile } from '@runward/policy';
import { openEventSource, type ReplayProgress, type ReplayStats } from '@runward/replay';

export interface LearntFromFile {
  readonly learnt: WorkloadProfile;
  /** What the file could not tell, in words. */
  readonly problems: readonly string[];
}

/** What one recording or capture shows of a workload. The same file gives the same profile, session included. */
export async function learnFromFile(
  path: string,
  workload: string,
  onProgress: (progress: ReplayProgress) => void,
): Promise<LearntFromFile> {
  const source = await openEventSource(path);
  const parsed = parseWorkloadKey(workload);
  if (parsed.kind === 'problem') throw new RangeError(parsed.message);
  const known = [source.name, ...(source.coverage.fromNs === undefined ? [] : [source.coverage.fromNs])];
  const session = createHash('sha256').update(known.join(' ')).digest('hex').slice(0, 32);
  const observer = new Observer({ session, callsCounted: false });
  observer.add({ key: parsed.key });
  const stats = await source.replay((view) => observer.observe(view, Number(view.timeNs / 1_000_000n)), {
    onProgress,
    onContainerEnd: (id) => observer.endContainer(id),
  });
  // A gap of unknown size is at least one record.
  const lost = stats.gaps.reduce((sum, gap) => sum + (gap.lost ?? 1), 0);
  observer.lost(lost);
  const learnt = observer.profile(parsed.key.text);
  if (learnt === undefined) throw new RangeError('nothing is being learnt');
  return { learnt, problems: problemsOf(stats) };
}

function problemsOf({ gaps, skipped, malformed, complete }: ReplayStats): readonly string[] {
  return [
    ...gaps.map(({ lost, reason }) => `${lost ?? 'some'} events are missing: ${reason}`),
    ...skipped.map(({ reason, count }) => `${count} parts were passed over: ${reason}`),
    ...(malformed > 0 ? [`${malformed} events could not be read`] : []),
    ...(complete ? [] : ['the file does not end as it should']),
  ];
}
