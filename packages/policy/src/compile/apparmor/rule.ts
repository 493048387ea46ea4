import { commentLines } from '../export/reasons.js';

/** Rules of a profile and why they are there. */
export interface RuleGroup {
  readonly comment: string;
  /** Without the comma at the end. */
  readonly rules: readonly string[];
}

/** `#include` would be more than a comment, with or without a blank. */
export const comment = (text: string): readonly string[] =>
  commentLines(text, '  #').map((line) => line.replace(/^(\s*#\s*)include/i, '$1(include'));

export const groupText = ({ comment: why, rules }: RuleGroup): readonly string[] =>
  rules.length === 0 ? [] : [...comment(why), ...rules.map((rule) => `  ${rule},`)];

/** Names and patterns of the language are quoted whole: then blanks and `#` are characters like others. */
export const quoted = (pattern: string): string => `"${pattern}"`;
