import type { SourceSpan } from '@runward/core';
import type {
  FileLine,
  Limited,
  NameLine,
  NetworkLine,
  ProcessLine,
  RuntimePolicy,
  SectionBase,
  SectionName,
  Verdict,
} from '../model/policy.js';
import type { Privilege } from './action.js';

/** Modes that take part in deciding. */
export type ActiveMode = 'monitor' | 'protect';

/** What of a section is decided by a word instead of a list, beside its `default`. */
export type Setting = 'drift' | 'fileless' | Privilege;

export type Direction = 'ingress' | 'egress';

/** What a line is about. */
export type LineTerms =
  | { readonly kind: 'process'; readonly line: ProcessLine }
  | { readonly kind: 'file'; readonly line: FileLine }
  | { readonly kind: 'network'; readonly line: NetworkLine }
  | { readonly kind: 'name'; readonly line: NameLine }
  | { readonly kind: 'setting'; readonly setting: Setting }
  /** `ingress: deny` or `egress: deny`, as the line it comes to. */
  | { readonly kind: 'direction'; readonly direction: Direction; readonly line: NetworkLine }
  /** So much in a second. No action is denied by it as such: `decide` leaves it out. */
  | { readonly kind: 'limit'; readonly limited: Limited; readonly perSecond: number }
  /** `default: deny`: everything that no line names. */
  | { readonly kind: 'default' };

/** One thing of one policy that can decide: a line, a setting or a default, and where it comes from. */
export interface EffectiveLine {
  /** Its place in {@link EffectivePolicy.lines}, counted from 1; what the kernel counts and reports. 0 is no line. */
  readonly id: number;
  readonly section: SectionName;
  readonly verdict: Verdict;
  /** That of its section. */
  readonly mode: ActiveMode;
  readonly policy: string;
  readonly terms: LineTerms;
  readonly span: SourceSpan;
  readonly comment: string;
}

/** What the policies say of one section together. */
export interface EffectiveSection {
  /** In the order they are tried: those that deny, those that allow, those that deny by default. */
  readonly lines: readonly EffectiveLine[];
  /** Whether a policy has it in protect: then something has to enforce it. */
  readonly enforced: boolean;
  /** The strictest of the policies in protect; of those in monitor where none is. */
  readonly response: SectionBase['response'];
  readonly onFailure: SectionBase['onFailure'];
  readonly onMissing: SectionBase['onMissing'];
}

/**
 * What the policies that select a container say together (docs/adr/0050-how-policies-decide.md). A value: equal
 * policies give equal ones, in whatever order they come, and none is ever changed.
 */
export interface EffectivePolicy {
  /** SHA-256, 64 hex digits, of all that decides: names, lines and settings, not where they are written or why. */
  readonly id: string;
  /** In the order of their names. */
  readonly policies: readonly RuntimePolicy[];
  /** Sections that a policy has in monitor or protect. */
  readonly sections: ReadonlyMap<SectionName, EffectiveSection>;
  /** All lines; line `id` is at index `id - 1`. */
  readonly lines: readonly EffectiveLine[];
}
