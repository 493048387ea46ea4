import { RunwardError } from '@runward/core';

export type EvidenceErrorCode =
  | 'RECORDING_UNREADABLE'
  | 'RECORDING_UNRECOGNISED'
  | 'RECORDING_VERSION'
  | 'RECORDING_LAYOUT'
  | 'RECORDING_HEADER_DAMAGED'
  | 'RECORDING_EXISTS'
  | 'RECORDING_WRITE_FAILED'
  | 'EVIDENCE_KEY_INVALID'
  | 'EVIDENCE_PROOF_IMPOSSIBLE'
  | 'EVIDENCE_PROOF_INVALID'
  | 'EVIDENCE_PROOF_UNTRUSTED'
  | 'EVIDENCE_BUSY'
  | 'EVIDENCE_TIME_UNAVAILABLE'
  | 'EVIDENCE_UNREADABLE'
  | 'EVIDENCE_UNWRITABLE';

/** Thrown when a recording or the log cannot be opened or made. Damage inside one is reported, not thrown. */
export class EvidenceError extends RunwardError<EvidenceErrorCode> {
  override readonly name = 'EvidenceError';
}
