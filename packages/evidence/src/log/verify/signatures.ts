import { recordStatement, type SignatureCheck } from '../keys.js';
import { LOG_KINDS } from '../kinds.js';
import type { ReadLine } from '../record.js';
import type { Findings } from './finding.js';

/** The kinds whose own signature others rely on. */
const RELIED_ON: ReadonlySet<string> = new Set([LOG_KINDS.open, LOG_KINDS.rotate, LOG_KINDS.close]);

export interface Signed {
  readonly log: string;
  readonly key: string;
  readonly segment: number;
}

/**
 * Whether the key of a segment signed it. A signature covers everything before it through the chain, so the last one and those
 * that others rely on are enough; when one of them does not hold, all are looked at, to say from where on.
 */
export function checkSignatures(
  lines: readonly ReadLine[],
  { log, key, segment }: Signed,
  check: SignatureCheck,
  findings: Findings,
): boolean {
  const holds = ({ json, signature }: ReadLine): boolean =>
    check.holds(key, recordStatement(log, json), signature);
  const last = lines.findLast(({ signature }) => signature !== '');
  const relied = lines.filter((line) => line === last || RELIED_ON.has(line.record.kind));
  if (last !== undefined && relied.every(holds)) return true;
  let good = 0;
  for (const line of lines) {
    const { seq, kind } = line.record;
    if (line.signature === '' && !RELIED_ON.has(kind)) continue;
    if (holds(line)) {
      good = seq;
      continue;
    }
    const from = good === 0 ? (lines[0]?.record.seq ?? seq) : good + 1;
    const range = from === seq ? '' : `: it, or one of those from record ${from} on, was changed or added`;
    const what = line.signature === '' ? 'has no signature' : 'is not what the key of its segment signed';
    findings.error('EVIDENCE_SIGNATURE_INVALID', `record ${seq} (${kind}) ${what}${range}`, {
      ...{ segment, seq },
    });
    return false;
  }
  if (last === undefined)
    findings.error('EVIDENCE_SIGNATURE_INVALID', `nothing in segment ${segment} is signed`, { segment });
  return false;
}
