/**
 * What deciding events cost, rule by rule. Times are estimates from timed samples of measured code, which takes
 * several times as long as code that is not measured: read them as shares of `ns`, not as promises.
 */
export interface RuleProfile {
  readonly events: number;
  /** Time in compiled rules, all event types together, nanoseconds. */
  readonly ns: number;
  /** Costly ones first, as all lists here. */
  readonly rules: readonly RuleCost[];
  readonly conditions: readonly ConditionCost[];
  readonly fields: readonly FieldCost[];
  readonly types: readonly TypeCost[];
}

export interface RuleCost {
  readonly rule: string;
  /** Events of the types it is about. */
  readonly events: number;
  /** Events it was tested on in full; the index ruled it out of the others. */
  readonly tested: number;
  readonly matched: number;
  /** Includes the fields and shared conditions it was the first to need. */
  readonly ns: number;
  readonly eventTypes: readonly string[];
}

export interface ConditionCost {
  /** As text of the language; cut when long. */
  readonly condition: string;
  readonly evaluated: number;
  readonly held: number;
  readonly ns: number;
  /** Names of the rules that contain it. */
  readonly rules: readonly string[];
}

export interface FieldCost {
  readonly field: string;
  readonly read: number;
  readonly ns: number;
}

export interface TypeCost {
  readonly type: string;
  readonly events: number;
  /** Events on which no rule had to be tested in full. */
  readonly ruledOut: number;
  readonly matched: number;
  readonly ns: number;
  /** Enabled rules about the type. */
  readonly rules: number;
}
