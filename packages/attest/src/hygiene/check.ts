import type { Configuration } from '../configuration/configuration.js';

export type Severity = 'critical' | 'high' | 'medium' | 'low';

/** What every container should keep to, whatever it is for. */
export interface HygieneCheck {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  /** What mends it. */
  readonly advice: string;
  /** What is wrong, in words; one each. */
  readonly find: (configuration: Configuration) => readonly string[];
}

export interface HygieneFinding {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly text: string;
  readonly advice: string;
}
