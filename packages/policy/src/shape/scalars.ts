import { didYouMean, type SourceSpan } from '@runward/core';
import type { YamlNode, YamlScalar } from '@runward/yaml';
import type { JsonSchema, Place, Shape } from './shape.js';

/** A text and where it was written. */
export interface Located {
  readonly text: string;
  readonly span: SourceSpan;
}

function scalar(node: YamlNode, at: Place, what: string): YamlScalar | undefined {
  const article = `\`${at.name}\` must be ${what}`;
  if (node.kind !== 'scalar') {
    return at.report('POLICY_VALUE_TYPE', `${article}, not a ${node.kind}`, '', node.span);
  }
  if (node.empty) return at.report('POLICY_VALUE_TYPE', `${article}; it is empty`, '', node.span);
  return node;
}

/** What YAML's core schema takes for something else than text when it stands without quotes. */
const NOT_TEXT =
  /^(?:true|false|True|False|TRUE|FALSE|null|Null|NULL|~|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

export interface TextRules {
  /** What it is, for messages: `a path`. */
  readonly what: string;
  readonly maxLength: number;
  /** May be `''`. */
  readonly mayBeEmpty?: boolean;
  /** The schema says it too, so no look-around: the dialect is what JSON Schema and RE2 share. */
  readonly pattern?: { readonly regex: string; readonly help: string };
}

/** Any text. A number or boolean without quotes is refused: other readers of the same file see no text there. */
export function text({ what, maxLength, mayBeEmpty = false, pattern }: TextRules): Shape<Located> {
  const regex = pattern && new RegExp(pattern.regex, 'u');
  return {
    read: (node, at) => {
      const found = scalar(node, at, what);
      if (found === undefined) return undefined;
      const { text: value, span } = found;
      if (found.plain && NOT_TEXT.test(value)) {
        const message = `\`${at.name}\` must be ${what}; \`${value}\` without quotes is none`;
        return at.report('POLICY_VALUE_TYPE', message, `write \`"${value}"\``, span);
      }
      if (value === '' && !mayBeEmpty) {
        return at.report('POLICY_VALUE', `\`${at.name}\` must be ${what}; it is empty`, '', span);
      }
      const length = [...value].length;
      if (length > maxLength) {
        const message = `\`${at.name}\` has ${length} characters; the limit is ${maxLength}`;
        return at.report('POLICY_LIMIT', message, 'shorten it', span);
      }
      if (regex !== undefined && !regex.test(value)) {
        const message = `\`${value}\` is not ${what}`;
        return at.report('POLICY_VALUE', message, pattern?.help ?? '', span);
      }
      return { text: value, span };
    },
    schema: () => ({
      type: 'string',
      ...(mayBeEmpty ? {} : { minLength: 1 }),
      maxLength,
      ...(pattern === undefined ? {} : { pattern: pattern.regex }),
    }),
  };
}

/** One of some words. Words of Kubernetes' older YAML that mean true or false there are best quoted; both load. */
export function choice<const Word extends string>(words: readonly Word[], otherwise = ''): Shape<Word> {
  const known: ReadonlyMap<string, Word> = new Map(words.map((word) => [word, word]));
  const help = otherwise === '' && words.length <= 12 ? `one of ${words.join(', ')}` : otherwise;
  return {
    read: (node, at) => {
      const found = scalar(node, at, 'one word');
      if (found === undefined) return undefined;
      const word = known.get(found.text);
      if (word !== undefined) return word;
      const message = `\`${found.text}\` is not known for \`${at.name}\``;
      return at.report('POLICY_VALUE', message, didYouMean(found.text, words, help), found.span);
    },
    schema: () => ({ type: 'string', enum: [...words] }),
  };
}

/** `true` or `false`, not quoted. */
export const flag: Shape<boolean> = {
  read: (node, at) => {
    const found = scalar(node, at, 'true or false');
    if (found === undefined) return undefined;
    if (found.plain && /^(?:true|True|TRUE)$/.test(found.text)) return true;
    if (found.plain && /^(?:false|False|FALSE)$/.test(found.text)) return false;
    const message = `\`${at.name}\` must be true or false, not \`${found.text}\``;
    return at.report('POLICY_VALUE_TYPE', message, 'write `true` or `false`, without quotes', found.span);
  },
  schema: () => ({ type: 'boolean' }),
};

/** A single value that a function makes sense of; `read` gives undefined for what it cannot take. */
export const parsed = <T>(
  what: string,
  help: string,
  read: (text: string, plain: boolean) => T | undefined,
  schema: JsonSchema | ((target: 'json' | 'kubernetes') => JsonSchema),
): Shape<T> => ({
  read: (node, at) => {
    const found = scalar(node, at, what);
    if (found === undefined) return undefined;
    const value = read(found.text, found.plain);
    if (value !== undefined) return value;
    return at.report('POLICY_VALUE', `\`${found.text}\` is not ${what}`, help, found.span);
  },
  schema: (target) => (typeof schema === 'function' ? schema(target) : schema),
});

/** A number without quotes, within bounds. */
export const wholeNumber = (least: number, most: number): Shape<number> =>
  parsed(
    `a whole number from ${least} to ${most}`,
    'write it in digits, without quotes',
    (text, plain) => {
      const value = plain && /^[0-9]{1,15}$/.test(text) ? Number(text) : -1;
      return value >= least && value <= most ? value : undefined;
    },
    { type: 'integer', minimum: least, maximum: most },
  );

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
};
const BYTES = '^[0-9]{1,15}(KiB|MiB|GiB|kB|MB|GB)?$';

/** A number of bytes, with a unit if one is wanted: `10MiB`. */
export const byteCount = (least: number, most: number): Shape<number> =>
  parsed(
    `a number of bytes from ${least} to ${most}`,
    'write it like `65536`, `512KiB` or `10MB`',
    (text) => {
      const [, digits = '', unit = ''] =
        new RegExp(`^([0-9]+)${BYTES.slice(BYTES.indexOf('('))}`).exec(text) ?? [];
      const value = digits.length > 0 && digits.length <= 15 ? Number(digits) * (UNITS[unit] ?? 0) : -1;
      return value >= least && value <= most ? value : undefined;
    },
    (target) =>
      target === 'json'
        ? {
            anyOf: [
              { type: 'integer', minimum: least, maximum: most },
              { type: 'string', pattern: BYTES },
            ],
          }
        : { 'x-kubernetes-int-or-string': true, pattern: BYTES },
  );

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A span of time with its unit, in seconds: `90d`. */
export const timeSpan = (leastS: number, mostS: number): Shape<number> =>
  parsed(
    'a span of time',
    `write a number and a unit: \`30s\`, \`10m\`, \`2h\`, \`90d\`; at least ${leastS} s, at most ${mostS / 86_400} days`,
    (text) => {
      const [, digits = '', unit = ''] = /^([0-9]{1,9})([smhd])$/.exec(text) ?? [];
      const value = Number(digits || -1) * (SECONDS[unit] ?? 0);
      return value >= leastS && value <= mostS ? value : undefined;
    },
    { type: 'string', pattern: '^[0-9]{1,9}[smhd]$' },
  );
