/** What a YAML reader could take for the end of a line, or cannot hold. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\ufeff\ufffe\uffff]/gu;

const escaped = (text: string): string =>
  text.replace(
    UNPRINTABLE,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0').slice(-4)}`,
  );

/** A text as a YAML scalar, whatever it holds: JSON is YAML. */
export const scalar = (text: string): string => escaped(JSON.stringify(text));

export const flowList = (texts: readonly string[]): string => `[${texts.map(scalar).join(', ')}]`;

/** One line of a comment. */
export const comment = (text: string): string => escaped(text.replaceAll('\\', '\\\\')).slice(0, 300);
