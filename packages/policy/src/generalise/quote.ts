/** Plain YAML scalars that no reader takes for anything but text. */
const PLAIN = /^[A-Za-z/][A-Za-z0-9_./@+-]*$/;
const WORDS = /^(?:true|false|yes|no|on|off|null|y|n)$/i;

/** A text as a YAML scalar, also inside `[ ]` and `{ }`. */
export const quote = (text: string): string =>
  PLAIN.test(text) && !WORDS.test(text) ? text : escaped(JSON.stringify(text));

export const flowList = (texts: readonly string[]): string => `[${texts.map(quote).join(', ')}]`;

/** Text for a comment: it stays on its line whatever it holds. */
export const inComment = (text: string): string => escaped(text.replaceAll('\\', '\\\\'));

/** What YAML takes for the end of a line, or cannot hold, by its number. */
const escaped = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Cs}\u2028\u2029\ufeff\ufffe\uffff]/gu,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0').slice(-4)}`,
  );
