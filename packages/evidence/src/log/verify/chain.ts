import type { ReadLine } from '../record.js';
import type { SegmentText } from '../segment.js';
import type { Tip } from '../segment-file.js';
import type { Findings } from './finding.js';
import { hasRubbleBetween } from './order.js';

const named = (from: number, to: number): string =>
  from === to ? `record ${from}` : `records ${from} to ${to}`;
const was = (from: number, to: number): string => (from === to ? 'was' : 'were');

/**
 * Whether each line follows the one before. `lines` are in order; `expected` is where the segment before ended, undefined
 * when that is not known; `limit` is the byte where its acknowledged part ends. Returns the place of what follows.
 */
export function followChain(
  text: SegmentText,
  lines: readonly ReadLine[],
  expected: Tip | undefined,
  limit: number,
  findings: Findings,
): Tip | undefined {
  const { segment } = text;
  let at = expected;
  let before: ReadLine | undefined;
  let isBlamed = false;
  for (const line of lines) {
    const { seq, prev, kind } = line.record;
    const isRubble = hasRubbleBetween(text, before, line);
    if (at !== undefined && seq > at.seq) {
      const [from, to] = [at.seq, seq - 1];
      if (isRubble)
        findings.error(
          'EVIDENCE_RECORD_CHANGED',
          `${named(from, to)} ${was(from, to)} changed: it cannot be read any more`,
          { segment, seq: from },
        );
      else
        findings.error('EVIDENCE_RECORD_MISSING', `${named(from, to)} ${was(from, to)} removed`, {
          ...{ segment, seq: from },
        });
    } else if (at !== undefined && prev !== at.prev && !isBlamed) {
      blame(at, line, before, segment, findings);
    } else if (isRubble) {
      tellAdded(segment, before, findings);
    }
    if (!line.intact)
      findings.error('EVIDENCE_RECORD_CHANGED', `record ${seq} (${kind}) was changed`, { segment, seq });
    isBlamed = !line.intact;
    at = { seq: seq + 1, prev: line.hash };
    before = line;
  }
  if (hasRubbleBetween(text, before, { offset: limit })) tellAdded(segment, before, findings);
  return at;
}

function tellAdded(segment: number, before: ReadLine | undefined, findings: Findings): void {
  const seq = before?.record.seq;
  const where = seq === undefined ? `at the beginning of segment ${segment}` : `behind record ${seq}`;
  findings.error('EVIDENCE_RECORD_ADDED', `something that is no record was added ${where}`, {
    ...{ segment },
    ...(seq === undefined ? {} : { seq }),
  });
}

/** A record that follows another one than the one that stands before it. */
function blame(
  at: Tip,
  line: ReadLine,
  before: ReadLine | undefined,
  segment: number,
  findings: Findings,
): void {
  const { seq } = line.record;
  if (seq < at.seq)
    findings.error(
      'EVIDENCE_RECORD_ADDED',
      `record ${seq} (${line.record.kind}) stands where record ${at.seq} is expected`,
      { segment, seq },
    );
  else if (before === undefined)
    findings.error(
      'EVIDENCE_SEGMENT_FOREIGN',
      `segment ${segment} does not follow the one before it: one of the two, or record ${seq - 1}, was replaced`,
      { segment, seq },
    );
  else
    findings.error(
      'EVIDENCE_RECORD_CHANGED',
      `record ${seq - 1} (${before.record.kind}) was changed: it is not the one that record ${seq} follows`,
      { segment, seq: seq - 1 },
    );
}
