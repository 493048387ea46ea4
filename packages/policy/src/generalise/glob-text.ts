/** Characters that mean something in a pattern. */
const SPECIAL = /[*?[\]{},\\]/g;
const CONTROL = /\p{Cc}/gu;

const byteLength = (text: string): number => new TextEncoder().encode(text).length;

/**
 * A name as a pattern that takes just this name. What a pattern cannot hold is `?` for each byte (control characters)
 * or `*` (bytes that were no UTF-8, which came as U+FFFD).
 */
export const literalGlob = (name: string): string =>
  name
    .replace(SPECIAL, '\\$&')
    .replace(CONTROL, (char) => '?'.repeat(byteLength(char)))
    .replace(/[\ufffd\p{Cs}]+/gu, '*');

/** Whether a name is a pattern by itself already, written as it is. */
export const isPlainName = (name: string): boolean => !/[*?[\]{},\\\p{Cc}\ufffd\p{Cs}]/u.test(name);
