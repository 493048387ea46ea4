import type { EffectiveLine } from '../../decide/effective.js';

/**
 * Text that whoever wrote a policy, or what a profile was learnt from, chose: on one line and without characters that
 * end a comment, so that it cannot become part of what it comments on.
 */
export const plainText = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();

/** Where a line is written: `web.yaml:12`. */
export const placeOf = ({ span }: EffectiveLine): string =>
  `${span.file.slice(span.file.lastIndexOf('/') + 1)}:${span.line}`;

/** Why something is in an export: the author's words, and the line they stand in. */
export function reasonOf(line: EffectiveLine): string {
  const place = `${line.policy}, ${plainText(placeOf(line))}`;
  const comment = plainText(line.comment);
  if (comment !== '') return `${comment} (${place})`;
  return line.terms.kind === 'default' ? `no line allows it (${place})` : `the policy says so (${place})`;
}

const WIDTH = 110;

/** Lines of text, each no wider than a screen and behind a mark that makes it a comment. */
export function commentLines(text: string, mark: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of plainText(text).split(' ')) {
    if (line !== '' && line.length + word.length > WIDTH) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `${mark} ${each}`.trimEnd());
}
