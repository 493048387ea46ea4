import { IncidentError } from '../error.js';
import type { Growth } from '../incident/absorb.js';
import { type Change, type Draft, isClosed, type State } from '../incident/incident.js';
import { INCIDENT_LIMITS as LIMITS } from '../incident/limits.js';

/** Who is named where nobody asked. */
export const NOBODY = 'runward';

export function tell(draft: Draft, { newStages, severityBefore }: Growth, atMs: number): void {
  const change = { atMs, who: NOBODY, why: '' };
  for (const stage of newStages) record(draft, { ...change, what: 'stage', from: '', to: stage });
  if (severityBefore !== draft.severity)
    record(draft, { ...change, what: 'severity', from: severityBefore, to: draft.severity });
}

export function record(draft: Draft, change: Change): void {
  draft.changes.push({ ...change });
  if (draft.changes.length <= LIMITS.changes) return;
  // The first says how it began.
  draft.changes.splice(1, 1);
  draft.leftOut.changes += 1;
}

export function move(
  draft: Draft,
  to: State,
  { who, why, nowMs }: { who: string; why: string; nowMs: number },
): void {
  if (draft.state === to) return;
  record(draft, { atMs: nowMs, who, what: 'state', from: draft.state, to, why });
  draft.state = to;
  draft.stateMs = nowMs;
}

export function checked(text: string, what: string, most: number): string {
  const trimmed = text.trim();
  if (trimmed !== '' && trimmed.length <= most) return trimmed;
  throw new IncidentError(
    'INCIDENT_TEXT_INVALID',
    `${what} has 1 to ${most} characters, not ${trimmed.length}`,
    {
      help: trimmed === '' ? 'write something' : 'shorten it',
    },
  );
}

export const optional = (why: string): string =>
  why.trim() === '' ? '' : checked(why, 'a reason', LIMITS.noteCharacters);

export const wrongState = (draft: Draft, what: string): IncidentError =>
  new IncidentError('INCIDENT_STATE', `\`${draft.id}\` is ${draft.state} and cannot be ${what}`, {
    help: isClosed(draft.state) ? '`runward incidents reopen` opens it again' : 'it is not closed',
  });
