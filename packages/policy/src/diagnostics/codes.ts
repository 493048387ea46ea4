import { type Diagnostic, plainSpan, type Severity, type SourceSpan } from '@runward/core';

/** Every diagnostic of the policy room and how grave it is: with an error, the policy is not used. */
export const POLICY_CODES = {
  POLICY_FILE_READ: 'error',
  POLICY_YAML_SYNTAX: 'error',
  POLICY_DOCUMENT: 'error',
  POLICY_KEY_DUPLICATE: 'error',
  POLICY_KEY_UNKNOWN: 'error',
  POLICY_KEY_MISSING: 'error',
  POLICY_VALUE_TYPE: 'error',
  POLICY_VALUE: 'error',
  POLICY_PATTERN: 'error',
  POLICY_LIMIT: 'error',
  POLICY_NAME_TAKEN: 'error',
  POLICY_ACTION: 'error',
  POLICY_LINE_UNKNOWN: 'error',
  POLICY_NAME_UNKNOWN: 'error',
  POLICY_CONFLICT: 'warning',
  POLICY_LINE_COVERED: 'warning',
  POLICY_LINE_DUPLICATE: 'warning',
  POLICY_LINE_IDLE: 'warning',
  POLICY_LINE_NEVER: 'warning',
  POLICY_UNCHECKED: 'warning',
  POLICY_LINK_NAME: 'warning',
  POLICY_SECTION_EMPTY: 'warning',
  POLICY_EXPORT_NOTHING: 'error',
  POLICY_EXPORT_WIDER: 'warning',
  POLICY_EXPORT_NARROWER: 'warning',
  POLICY_EXPORT_SELECTOR: 'warning',
} as const satisfies Record<string, Severity>;

export type PolicyCode = keyof typeof POLICY_CODES;

export interface PolicyDiagnostic extends Diagnostic<PolicyCode> {
  /** Where in the document, such as `spec.file.allow[3]`; '' for the file itself. */
  readonly path: string;
}

export const policyDiagnostic = (
  code: PolicyCode,
  message: string,
  help: string,
  span: SourceSpan,
  path: string,
): PolicyDiagnostic => ({ severity: POLICY_CODES[code], code, message, help, span: plainSpan(span), path });
