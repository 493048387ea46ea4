import type { SectionName, Verdict } from '../model/policy.js';
import type { Seen } from '../profile/profile.js';

/**
 * Why a line is as wide as it is.
 *
 * exact: just what was seen. pattern: names that differ each time. folder: all files of one folder. tree: a folder
 * that belongs together (libraries, time zones). peers, ports: addresses or ports that stand for one thing. sibling:
 * another form of what was seen. standard: what every program may come to need. setting: a word of the section.
 * guard: sensitive files, which no pattern may come to cover.
 */
export type Reason =
  | 'exact'
  | 'pattern'
  | 'folder'
  | 'tree'
  | 'peers'
  | 'ports'
  | 'sibling'
  | 'standard'
  | 'setting'
  | 'guard';

/** One observation behind a line: what it was, and how often and when. */
export interface Observed extends Seen {
  /** In words: `read, write /tmp/a`. */
  readonly what: string;
  /** Executables that did it, sorted. */
  readonly by: readonly string[];
}

/** A line of the policy before it has its place in the text. */
export interface PlannedLine {
  readonly verdict: Verdict;
  /** YAML of the entry: what follows `- `. */
  readonly yaml: string;
  /** What it is about, in short: the path, the name, the operation. */
  readonly subject: string;
  readonly reason: Reason;
  /** Said before how often it was seen; '' where the line speaks for itself. */
  readonly note: string;
  readonly observations: readonly Observed[];
}

/** A line of the policy, where it stands, and what is behind it. */
export interface GeneralisedLine {
  /** Counted from 1, in the text. */
  readonly line: number;
  readonly section: SectionName;
  readonly verdict: Verdict;
  readonly subject: string;
  readonly reason: Reason;
  /** The comment beside it. */
  readonly why: string;
  /** Empty for settings, guards and what is standard. */
  readonly observations: readonly Observed[];
}
