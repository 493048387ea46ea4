import { didYouMean } from '@runward/core';
import type { YamlNode, YamlScalar } from '@runward/yaml';
import { listed, type Problems, shown } from './problems.js';

export type JsonSchema = { readonly [key: string]: unknown };

/**
 * What a value of a file must look like: how it is read and how the JSON Schema says so, in one place, so that the two
 * cannot differ. Reading tells each mistake and goes on; what is wrong is undefined.
 */
export interface Shape<T> {
  readonly read: (node: YamlNode, name: string, problems: Problems) => T | undefined;
  readonly schema: JsonSchema;
}

export type Read<S> = S extends Shape<infer T> ? T : never;

function scalar(node: YamlNode, name: string, what: string, problems: Problems): YamlScalar | undefined {
  if (node.kind === 'scalar' && !node.empty) return node;
  const found = node.kind === 'scalar' ? 'nothing' : `a ${node.kind}`;
  return problems.tell('DRILL_TYPE', `\`${name}\` is ${found}`, `write ${what}`, node.span);
}

export interface TextRules {
  readonly what: string;
  readonly most: number;
  readonly pattern?: string;
}

export function text({ what, most, pattern }: TextRules): Shape<string> {
  const regex = pattern === undefined ? undefined : new RegExp(pattern, 'u');
  return {
    read: (node, name, problems) => {
      const found = scalar(node, name, what, problems);
      if (found === undefined) return undefined;
      const value = found.text;
      if (value === '' || value.length > most || regex?.test(value) === false) {
        const why = value.length > most ? `has more than ${most} characters` : `\`${shown(value)}\` is none`;
        return problems.tell('DRILL_VALUE', `\`${name}\` ${why}`, `write ${what}`, found.span);
      }
      return value;
    },
    schema: { type: 'string', minLength: 1, maxLength: most, ...(pattern === undefined ? {} : { pattern }) },
  };
}

export const word = <const W extends string>(words: readonly W[]): Shape<W> => ({
  read: (node, name, problems) => {
    const found = scalar(node, name, `one of ${listed(words)}`, problems);
    if (found === undefined) return undefined;
    const value = words.find((each) => each === found.text);
    if (value !== undefined) return value;
    const help = didYouMean(found.text, words, `use one of ${listed(words)}`);
    return problems.tell('DRILL_VALUE', `\`${shown(found.text)}\` is no ${name}`, help, found.span);
  },
  schema: { type: 'string', enum: words },
});

export const flag: Shape<boolean> = {
  read: (node, name, problems) => {
    const found = scalar(node, name, '`true` or `false`', problems);
    if (found === undefined) return undefined;
    if (found.text === 'true' || found.text === 'false') return found.text === 'true';
    const message = `\`${name}\` is \`${shown(found.text)}\``;
    return problems.tell('DRILL_VALUE', message, 'write `true` or `false`', found.span);
  },
  schema: { type: 'boolean' },
};

export const whole = (least: number, most: number): Shape<number> => ({
  read: (node, name, problems) => {
    const what = `a whole number from ${least} to ${most}`;
    const found = scalar(node, name, what, problems);
    if (found === undefined) return undefined;
    const value = /^\d{1,9}$/.test(found.text) ? Number(found.text) : Number.NaN;
    if (value >= least && value <= most) return value;
    return problems.tell(
      'DRILL_VALUE',
      `\`${name}\` is \`${shown(found.text)}\``,
      `write ${what}`,
      found.span,
    );
  },
  schema: { type: 'integer', minimum: least, maximum: most },
});

export const list = <T>(item: Shape<T>, least: number, most: number): Shape<readonly T[]> => ({
  read: (node, name, problems) => {
    if (node.kind !== 'list') {
      return problems.tell(
        'DRILL_TYPE',
        `\`${name}\` is no list`,
        `write \`${name}:\` and \`- …\` lines`,
        node.span,
      );
    }
    if (node.items.length < least || node.items.length > most) {
      const message = `\`${name}\` has ${node.items.length} items`;
      return problems.tell('DRILL_VALUE', message, `give ${least} to ${most}`, node.span);
    }
    return node.items.map((each) => item.read(each, name, problems)).filter((each) => each !== undefined);
  },
  schema: { type: 'array', minItems: least, maxItems: most, items: item.schema },
});

/** A key of a mapping. */
export interface Key<T> {
  readonly shape: Shape<T>;
  readonly doc: string;
  readonly isRequired: boolean;
}

export const needed = <T>(shape: Shape<T>, doc: string): Key<T> & { readonly isRequired: true } => ({
  ...{ shape, doc },
  isRequired: true,
});
export const optional = <T>(shape: Shape<T>, doc: string): Key<T> & { readonly isRequired: false } => ({
  ...{ shape, doc },
  isRequired: false,
});

type Keys = Readonly<Record<string, Key<unknown>>>;
type Required<K extends Keys> = {
  [N in keyof K]: K[N] extends { readonly isRequired: true } ? N : never;
}[keyof K];
type ValueOf<E> = E extends { readonly shape: Shape<infer T> } ? T : never;
export type MapOf<K extends Keys> = { readonly [N in Required<K>]: ValueOf<K[N]> } & {
  readonly [N in Exclude<keyof K, Required<K>>]?: ValueOf<K[N]> | undefined;
};

/** A mapping of known keys. Undefined when a key it needs is missing or wrong. */
export function map<K extends Keys>(keys: K): Shape<MapOf<K>> {
  const names = Object.keys(keys);
  return {
    read: (node, name, problems) => {
      if (node.kind !== 'map') {
        const help = `write \`key: value\` lines; the keys are ${listed(names)}`;
        return problems.tell('DRILL_TYPE', `\`${name}\` is no mapping`, help, node.span);
      }
      for (const [key, { keySpan }] of node.entries) {
        if (names.includes(key)) continue;
        const help = didYouMean(key, names, `the keys there are ${listed(names)}`);
        problems.tell('DRILL_KEY', `\`${name}\` has no \`${shown(key)}\``, help, keySpan);
      }
      const values: Record<string, unknown> = {};
      let isWhole = true;
      for (const [key, { shape, isRequired, doc }] of Object.entries(keys)) {
        const entry = node.entries.get(key);
        if (entry !== undefined) values[key] = shape.read(entry.value, key, problems);
        else if (isRequired) {
          problems.tell('DRILL_MISSING', `\`${name}\` has no \`${key}\``, `it is needed: ${doc}`, node.span);
        }
        if (isRequired && values[key] === undefined) isWhole = false;
      }
      // Each value was read by the shape of its key.
      return isWhole ? (values as MapOf<K>) : undefined;
    },
    schema: {
      type: 'object',
      properties: Object.fromEntries(
        Object.entries(keys).map(([key, { shape, doc }]) => [key, { description: doc, ...shape.schema }]),
      ),
      required: Object.entries(keys).flatMap(([key, { isRequired }]) => (isRequired ? [key] : [])),
      additionalProperties: false,
    },
  };
}
