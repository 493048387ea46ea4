import { RunwardError } from '@runward/core';

export type IncidentErrorCode =
  | 'INCIDENT_UNKNOWN'
  | 'INCIDENT_AMBIGUOUS'
  | 'INCIDENT_STATE'
  | 'INCIDENT_TEXT_INVALID';

/** An incident cannot be found, or what is asked of it does not fit. */
export class IncidentError extends RunwardError<IncidentErrorCode> {
  override readonly name = 'IncidentError';
}
