import type { Diagnostic } from '@runward/core';
import { RunwardError } from '@runward/core';

export type PolicyChangeErrorCode =
  | 'POLICY_REJECTED'
  | 'POLICY_UNKNOWN'
  | 'POLICY_TWICE'
  | 'POLICY_NO_SUCH_SECTION'
  | 'POLICY_CHANGED_MEANWHILE';

/** A change of policies that is not made; what is in force stays. */
export class PolicyChangeError extends RunwardError<PolicyChangeErrorCode> {
  override readonly name = 'PolicyChangeError';
  /** Where and why, for whoever shows it. */
  readonly details: { readonly diagnostics: readonly Diagnostic[] };

  constructor(
    code: PolicyChangeErrorCode,
    message: string,
    options: { help?: string; diagnostics?: readonly Diagnostic[] } = {},
  ) {
    super(code, message, options);
    this.details = { diagnostics: options.diagnostics ?? [] };
  }
}

/** What keeps a change from being made: `diagnostics`, of which at least one is an error. */
export function policiesRejected(diagnostics: readonly Diagnostic[]): PolicyChangeError {
  const count = diagnostics.filter(({ severity }) => severity === 'error').length;
  const message = `${count === 1 ? 'an error' : `${count} errors`}: nothing was changed`;
  return new PolicyChangeError('POLICY_REJECTED', message, {
    help: 'the policies in force stay',
    diagnostics,
  });
}
