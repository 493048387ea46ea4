import type { SourceSpan } from '@runward/core';
import type { RuleCode } from '../diagnostics/codes.js';

/** A problem found in a condition; reported when a rule uses the condition, once. */
export interface Problem {
  readonly code: RuleCode;
  readonly message: string;
  readonly help: string;
  readonly span: SourceSpan;
  readonly item: string;
  /** `skip-if-unknown-filter` turns it into a warning. */
  readonly unknownName: boolean;
}
