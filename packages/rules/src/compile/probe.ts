import type { Expression, Operand } from '../resolve/expression.js';

/** How often something ran, how often it held, and about how long it took. */
export interface Tally {
  runs: number;
  hits: number;
  /** Estimate, nanoseconds: some of the runs are timed, and stand for the others. */
  readonly ns: number;
  /** Runs a piece of compiled code and counts it. */
  run<View, Result>(code: (view: View) => Result, view: View): Result;
}

/** What compiled code reports to while it is measured. Measured code takes several times as long. */
export interface Probe {
  /** A condition below the rules: a term of several, or one that several share. */
  condition(node: Expression): Tally;
  /** Reading a field; left out where fields are not read from events. */
  field?(operand: Operand): Tally;
  /** A rule tested in full: the index did not rule it out. `index` is that of its condition before `condition` was made of it. */
  rule(index: number, condition: Expression): Tally;
}
