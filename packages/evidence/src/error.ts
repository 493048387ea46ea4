import { RunwardError } from '@runward/core';

export type EvidenceErrorCode =
  | 'RECORDING_UNREADABLE'
  | 'RECORDING_UNRECOGNISED'
  | 'RECORDING_VERSION'
  | 'RECORDING_LAYOUT'
  | 'RECORDING_HEADER_DAMAGED'
  | 'RECORDING_EXISTS'
  | 'RECORDING_WRITE_FAILED';

/** Thrown when a recording cannot be opened or made. Damage inside one is reported and skipped, not thrown. */
export class EvidenceError extends RunwardError<EvidenceErrorCode> {
  override readonly name = 'EvidenceError';
}
