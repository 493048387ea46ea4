import { RuntimesError } from '../error.js';

/** Readers for JSON nobody vouches for: a value of another shape reads as absent. */
export type JsonRecord = Readonly<Record<string, unknown>>;

const NOTHING: JsonRecord = Object.freeze({});

export function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RuntimesError('RUNTIME_ANSWER_MALFORMED', `${source} is not JSON`, { cause });
  }
}

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const record = (value: unknown): JsonRecord => (isRecord(value) ? value : NOTHING);

/** The value under `key`, own properties only: `__proto__` and friends are data here. */
export const at = (value: unknown, ...keys: readonly string[]): unknown => {
  let current = value;
  for (const key of keys) {
    if (!isRecord(current) || !Object.hasOwn(current, key)) return undefined;
    current = current[key];
  }
  return current;
};

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
export const integer = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
export const boolean = (value: unknown): boolean | undefined =>
  typeof value === 'boolean' ? value : undefined;

export const texts = (value: unknown): readonly string[] =>
  list(value).filter((item): item is string => typeof item === 'string');

export const textMap = (value: unknown): ReadonlyMap<string, string> =>
  new Map(Object.entries(record(value)).filter((e): e is [string, string] => typeof e[1] === 'string'));
