/** A word of an action and where it begins. */
export interface Word {
  readonly text: string;
  readonly offset: number;
  /** Was in quotes, in part or as a whole: it is no keyword. */
  readonly quoted: boolean;
}

/** What cannot be read of a text: what, how to mend it, and where. */
export interface WordProblem {
  readonly message: string;
  readonly help: string;
  readonly offset: number;
}

/**
 * Words between blanks. `'…'` keeps everything as it is; within `"…"` and outside of quotes `\` takes the next character
 * as it is.
 */
export function splitWords(text: string): readonly Word[] | WordProblem {
  const words: Word[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at] ?? '')) {
      at += 1;
      continue;
    }
    const offset = at;
    let word = '';
    let quoted = false;
    while (at < text.length && !/\s/.test(text[at] ?? '')) {
      const char = text[at] ?? '';
      if (char === "'" || char === '"') {
        const end = endOfQuote(text, at);
        if (end === undefined)
          return {
            message: `has a ${char} that is not closed`,
            help: `close it, or write \\${char}`,
            offset: at,
          };
        const inner = text.slice(at + 1, end);
        word += char === "'" ? inner : inner.replace(/\\(.)/gsu, '$1');
        quoted = true;
        at = end + 1;
      } else if (char === '\\' && at + 1 < text.length) {
        word += text[at + 1];
        quoted = true;
        at += 2;
      } else {
        word += char;
        at += 1;
      }
    }
    words.push({ text: word, offset, quoted });
  }
  return words;
}

function endOfQuote(text: string, start: number): number | undefined {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at += 1) {
    if (quote === '"' && text[at] === '\\') at += 1;
    else if (text[at] === quote) return at;
  }
  return undefined;
}

/** A word as {@link splitWords} reads it back. */
export const quoteWord = (text: string): string =>
  text === '' || /[\s"'\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text;
