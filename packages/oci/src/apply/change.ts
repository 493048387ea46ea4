import type { Reason } from './creation-policy.js';

/** One thing that was changed of a specification, for reports. */
export interface SpecChange {
  readonly field: string;
  readonly text: string;
  readonly policies: readonly string[];
}

export type CreationDiagnosticCode =
  | 'OCI_SYSCALL_DENIED_WHOLLY'
  | 'OCI_RUNTIME_SYSCALLS_ALLOWED'
  | 'OCI_PROFILE_KEPT'
  | 'OCI_STARTED_UNENFORCED'
  | 'OCI_IMAGE_STARTED';

/** Something the operator should know although the container starts. */
export interface CreationNote {
  readonly code: CreationDiagnosticCode;
  readonly message: string;
}

export const change = (field: string, text: string, reasons: readonly Reason[]): SpecChange => ({
  field,
  text,
  policies: [...new Set(reasons.map(({ policy }) => policy))].sort(),
});
