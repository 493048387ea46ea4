/** What verification can say of a log. Documented in docs/errors/evidence.md. */
export type EvidenceDiagnosticCode =
  | 'EVIDENCE_RECORD_CHANGED'
  | 'EVIDENCE_RECORD_MISSING'
  | 'EVIDENCE_RECORD_ADDED'
  | 'EVIDENCE_RECORD_MOVED'
  | 'EVIDENCE_SIGNATURE_INVALID'
  | 'EVIDENCE_ROOT_WRONG'
  | 'EVIDENCE_SEGMENT_MISSING'
  | 'EVIDENCE_SEGMENT_FOREIGN'
  | 'EVIDENCE_BEGINNING_MISSING'
  | 'EVIDENCE_END_MISSING'
  | 'EVIDENCE_END_UNPROVEN'
  | 'EVIDENCE_KEY_UNKNOWN'
  | 'EVIDENCE_KEY_ROLLED_BACK'
  | 'EVIDENCE_KEY_LOST'
  | 'EVIDENCE_KEY_NOT_TRUSTED'
  | 'EVIDENCE_TORN_CHANGED'
  | 'EVIDENCE_TIME_WRONG'
  | 'EVIDENCE_TIME_NOT_TRUSTED'
  | 'EVIDENCE_UNFINISHED'
  | 'EVIDENCE_EMPTY';

export interface Finding {
  /** note: nothing that was acknowledged is in doubt for it. */
  readonly severity: 'error' | 'note';
  readonly code: EvidenceDiagnosticCode;
  readonly message: string;
  /** undefined: it is about the log as a whole. */
  readonly segment?: number;
  readonly seq?: number;
}

/** More of them say nothing that the first did not; how many there are is counted all the same. */
const MOST_TOLD = 100;

export class Findings {
  readonly told: Finding[] = [];
  #errors = 0;

  add(finding: Finding): void {
    if (finding.severity === 'error') this.#errors += 1;
    if (this.told.length < MOST_TOLD) this.told.push(finding);
  }

  error(code: EvidenceDiagnosticCode, message: string, place: Pick<Finding, 'segment' | 'seq'> = {}): void {
    this.add({ severity: 'error', code, message, ...place });
  }

  note(code: EvidenceDiagnosticCode, message: string, place: Pick<Finding, 'segment' | 'seq'> = {}): void {
    this.add({ severity: 'note', code, message, ...place });
  }

  get errors(): number {
    return this.#errors;
  }
}
