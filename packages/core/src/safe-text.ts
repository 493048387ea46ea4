/**
 * Makes text from a container safe for a terminal: control characters (C0, DEL, C1), line separators and
 * direction marks are written as `\xNN` or `\u{NNNN}`, so nothing can move the cursor or fake a line.
 */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (c) => {
    const code = c.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

const HIDDEN_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * JSON of values that may be bigint (a number where exact, else text), Map (an object) or bytes (base64). JSON
 * itself escapes only C0; what else a terminal could act on is escaped too, which reads back the same.
 */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => {
    if (typeof v === 'bigint') return Number.isSafeInteger(Number(v)) ? Number(v) : v.toString();
    if (v instanceof Map) return Object.fromEntries(v);
    return v instanceof Uint8Array ? Buffer.from(v).toString('base64') : v;
  }).replace(HIDDEN_IN_JSON, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
