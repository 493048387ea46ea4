/**
 * JSON as container runtimes write it: numbers of 64 bits (`"hard": 18446744073709551615`), which a JavaScript
 * number would round and the runtime then refuse. Such a number is kept as its text and written back the same.
 */
interface RawJson {
  readonly rawJSON: string;
}

// ECMAScript "JSON.parse source text access"; Node.js has it, TypeScript's library does not declare it yet.
const exact = JSON as unknown as {
  parse(
    text: string,
    revive: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): RawJson;
};

/** Whether any number could be one that does not survive; almost no specification has any. */
const SUSPECT = /[0-9]{16}|[0-9][.eE]/;

/** @throws SyntaxError */
export function parseExact(text: string): unknown {
  if (!SUSPECT.test(text)) return JSON.parse(text);
  return exact.parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source
      ? exact.rawJSON(source)
      : value,
  );
}

/** Writes values of {@link parseExact}, each number as it was read. */
export const writeExact = (value: unknown): string => JSON.stringify(value);
