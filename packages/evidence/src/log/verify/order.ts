import type { ReadLine } from '../record.js';
import type { SegmentText } from '../segment.js';
import type { Findings } from './finding.js';

/** The lines of a segment in the order of their numbers, one of each; what stood elsewhere or twice is told. */
export function inOrder(
  lines: readonly ReadLine[],
  segment: number,
  findings: Findings,
): readonly ReadLine[] {
  if (lines.every((line, i) => i === 0 || line.record.seq > (lines[i - 1]?.record.seq ?? 0))) return lines;
  const bySeq = Map.groupBy(lines, ({ record }) => record.seq);
  const once = [...bySeq].sort(([a], [b]) => a - b);
  const chosen = once.map(([seq, same], i): ReadLine => {
    const follower = once[i + 1]?.[1];
    const isFollowed = (line: ReadLine): boolean =>
      line.intact && (follower ?? []).some(({ record }) => record.prev === line.hash);
    const original = same.find(isFollowed) ?? (same[0] as ReadLine); // a group has a member
    for (const other of same)
      if (other !== original)
        findings.error(
          'EVIDENCE_RECORD_ADDED',
          `a second record with the number ${seq} was added (${other.record.kind} at byte ${other.offset})`,
          { segment, seq },
        );
    return original;
  });
  tellMoved(chosen, segment, findings);
  return chosen;
}

/** Records that stand before one with a smaller number. */
function tellMoved(sorted: readonly ReadLine[], segment: number, findings: Findings): void {
  const placed = sorted.toSorted((a, b) => a.offset - b.offset);
  for (const [i, line] of placed.entries()) {
    const next = placed[i + 1];
    if (next === undefined || next.record.seq > line.record.seq) continue;
    const { seq } = line.record;
    findings.error('EVIDENCE_RECORD_MOVED', `record ${seq} stands before record ${next.record.seq}`, {
      segment,
      seq,
    });
  }
}

/** Whether bytes that are no record lie between two lines, or before the first. */
export function hasRubbleBetween(
  { rubble }: SegmentText,
  before: ReadLine | undefined,
  after: Pick<ReadLine, 'offset'>,
): boolean {
  const from = before === undefined ? 0 : before.offset + before.length;
  return rubble.some(({ offset }) => offset >= from && offset < after.offset);
}
