import { RE2JS } from 're2js';

/** Regular expressions run in linear time: the text they see is the attacker's. */
export type Regex = RE2JS;

export function compileRegex(pattern: string): Regex | string {
  try {
    // As in POSIX `^` and `$` also stand for the edges of a line.
    return RE2JS.compile(pattern, RE2JS.MULTILINE);
  } catch (problem) {
    return problem instanceof Error ? problem.message.replace('`(?m)', '`') : 'not a regular expression';
  }
}

/** The whole text must match, as the language defines. */
export const matchesWhole = (regex: Regex, text: string): boolean => regex.testExact(text);
