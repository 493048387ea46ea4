import type { SourceSpan } from '@runward/core';
import type { Action } from '../decide/action.js';
import type { ActiveMode } from '../decide/effective.js';
import type { Outcome } from '../explain/explain.js';
import type { Workload } from '../model/policy.js';

export const OUTCOMES = ['allow', 'would-deny', 'deny'] as const satisfies readonly Outcome[];

/** An action of a case, as written and as read: one text may name several. */
export interface CaseActions {
  readonly text: string;
  readonly actions: readonly Action[];
}

/** What policies have to say of some actions. */
export interface PolicyCase {
  readonly name: string;
  readonly actions: readonly CaseActions[];
  readonly expect: Outcome;
  /** The label of the line that decides, with or without `POLICY: ` before it; `nothing`; undefined: any. */
  readonly by: string | undefined;
  readonly bySpan: SourceSpan | undefined;
  /** The mode all sections that are in monitor or protect are taken to be in; undefined: as they are. */
  readonly mode: ActiveMode | undefined;
  /** Who acts: then the policies that select it decide. */
  readonly workload: Workload | undefined;
  /** Names of the policies that decide; undefined: those of the file beside. */
  readonly policies: readonly string[] | undefined;
  readonly span: SourceSpan;
}
