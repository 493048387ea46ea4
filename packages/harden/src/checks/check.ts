import type { Change } from '../change/change.js';
import type { Host } from '../host/host.js';

export type Severity = 'critical' | 'high' | 'medium' | 'low';

/** weak: it can be made harder; unknown: this host does not tell. absent: it has nothing of the kind. */
export type Outcome =
  | { readonly state: 'hard'; readonly found: string }
  | { readonly state: 'weak'; readonly found: string; readonly mend: string; readonly change?: Change }
  | { readonly state: 'unknown'; readonly found: string }
  | { readonly state: 'absent'; readonly found: string };

export interface HardenCheck {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  /** What somebody can do where it is weak. */
  readonly why: string;
  readonly examine: (host: Host) => Outcome;
}

export const hard = (found: string): Outcome => ({ state: 'hard', found });
export const unknown = (found: string): Outcome => ({ state: 'unknown', found });
export const absent = (found: string): Outcome => ({ state: 'absent', found });
export const weak = (found: string, mend: string, change?: Change): Outcome =>
  change === undefined ? { state: 'weak', found, mend } : { state: 'weak', found, mend, change };
