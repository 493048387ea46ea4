import type { Action } from '../decide/action.js';
import type { EffectiveLine } from '../decide/effective.js';
import type { Limited, SectionName } from '../model/policy.js';

/** What more freedom can lead to. */
export const RISKS = ['high', 'medium', 'low'] as const;
export type Risk = (typeof RISKS)[number];

/** Actions that one pair of lines decides differently. */
export interface DecisionChange {
  readonly section: SectionName;
  /** allows: the second allows what the first denies. denies: the other way. */
  readonly direction: 'allows' | 'denies';
  /** Of what is allowed; what is denied more may break a workload, and endangers nothing. */
  readonly risk: Risk | undefined;
  /** What is done: operations of files, names of capabilities; empty where the example says it all. */
  readonly what: readonly string[];
  /** Programs the difference is limited to, by example; empty: any. */
  readonly by: readonly string[];
  /** Actions that are decided differently, the shortest first. */
  readonly examples: readonly Action[];
  /** Which lines decide; undefined where nothing is said, which allows. */
  readonly before: EffectiveLine | undefined;
  readonly after: EffectiveLine | undefined;
}

/** A word of a section that is another. */
export interface SettingChange {
  readonly section: SectionName;
  readonly setting: 'mode' | 'response' | 'onFailure' | 'onMissing' | `limit of ${Limited}`;
  readonly before: string;
  readonly after: string;
}

/** What a second set of policies says differently of a workload. */
export interface PolicyDifference {
  readonly changes: readonly DecisionChange[];
  readonly settings: readonly SettingChange[];
  /** What was not compared in full, in words. */
  readonly limits: readonly string[];
}

export interface Comparison {
  readonly changes: readonly Omit<DecisionChange, 'risk'>[];
  readonly limits: readonly string[];
}
