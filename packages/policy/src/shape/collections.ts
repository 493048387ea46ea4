import { didYouMean, type SourceSpan } from '@runward/core';
import { SourceText, type YamlMap, type YamlScalar } from '@runward/yaml';
import type { Located } from './scalars.js';
import type { JsonSchema, Place, Shape } from './shape.js';

/** A list; entries that are wrong are reported and left out. */
export const list = <T>(of: Shape<T>, max: number): Shape<readonly T[]> => ({
  read: (node, at) => {
    if (node.kind !== 'list') {
      const help = 'write it as `[a, b]`, or each entry on a line that begins with `- `';
      return at.report('POLICY_VALUE_TYPE', `\`${at.name}\` must be a list`, help, node.span);
    }
    if (node.items.length > max) {
      const message = `\`${at.name}\` has ${node.items.length} entries; the limit is ${max}`;
      return at.report(
        'POLICY_LIMIT',
        message,
        'use patterns, or several policies',
        node.items[max]?.span ?? node.span,
      );
    }
    return node.items.flatMap((item, index) => {
      const value = of.read(item, at.item(index));
      return value === undefined ? [] : [value];
    });
  },
  schema: (target) => ({ type: 'array', maxItems: max, items: of.schema(target) }),
});

/** A mapping of texts to texts, such as labels. */
export const texts = (
  key: Shape<Located>,
  value: Shape<Located>,
  max: number,
): Shape<ReadonlyMap<string, string>> => ({
  read: (node, at) => {
    if (node.kind !== 'map') {
      return at.report(
        'POLICY_VALUE_TYPE',
        `\`${at.name}\` must be a mapping`,
        'write `name: value`',
        node.span,
      );
    }
    if (node.entries.size > max) {
      const message = `\`${at.name}\` has ${node.entries.size} entries; the limit is ${max}`;
      return at.report('POLICY_LIMIT', message, 'leave some away', node.span);
    }
    const entries = [...node.entries].flatMap(([name, entry]) => {
      const named = key.read(keyNode(name, entry.keySpan), at.key(name));
      const text = value.read(entry.value, at.key(name));
      return named === undefined || text === undefined ? [] : [[name, text.text] as const];
    });
    return new Map(entries);
  },
  schema: (target) => ({
    type: 'object',
    maxProperties: max,
    additionalProperties: value.schema(target),
    ...(target === 'json' ? { propertyNames: key.schema(target) } : {}),
  }),
});

const keyNode = (text: string, span: SourceSpan): YamlScalar => ({
  ...{ kind: 'scalar', text, span, empty: false, plain: false },
  source: () => SourceText.plain(text, span.file),
});

export interface Field<T> {
  readonly shape: Shape<T>;
  /** For the schema: what an editor shows. */
  readonly doc: string;
}
export type Fields = Readonly<Record<string, Field<unknown>>>;
type ValueOf<F> = F extends Field<infer T> ? T : never;

/** What was read of a mapping. */
export type Values<F extends Fields, R extends keyof F> = {
  readonly [K in R]: ValueOf<F[K]>;
} & { readonly [K in Exclude<keyof F, R>]?: ValueOf<F[K]> };

export interface Written<T> {
  readonly value: T;
  readonly span: SourceSpan;
  /** Where a key was written; undefined where it is not there. */
  readonly keySpan: (key: string) => SourceSpan | undefined;
}

export interface ObjectRules<R> {
  /** Exactly one of these keys; `least` of them at least one. */
  readonly one?: readonly R[];
  readonly least?: readonly R[];
}

/** A mapping with known keys; any other is an error. */
export function object<const F extends Fields, const R extends keyof F & string = never>(
  fields: F,
  rules: { readonly required?: readonly R[] } & ObjectRules<keyof F & string> = {},
): Shape<Written<Values<F, R>>> {
  const { required = [], one = [], least = [] } = rules;
  const names = Object.keys(fields);
  return {
    read: (node, at) => {
      if (node.kind !== 'map') {
        const help = `it has the keys ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`;
        return at.report(
          'POLICY_VALUE_TYPE',
          `\`${at.name || 'a policy'}\` must be a mapping`,
          help,
          node.span,
        );
      }
      unknownKeys(node, names, at);
      const complete = [missing(node, required, at), choose(node, one, least, at)].every((ok) => ok);
      const value: Record<string, unknown> = {};
      let sound = true;
      for (const [name, { shape }] of Object.entries(fields)) {
        const entry = node.entries.get(name);
        if (entry === undefined) continue;
        const read = shape.read(entry.value, at.key(name));
        if (read !== undefined) value[name] = read;
        else sound = false;
      }
      // Of a mapping with a mistake in it nothing is used: half a line could say the opposite.
      if (!complete || !sound) return undefined;
      const keySpan = (key: string): SourceSpan | undefined => node.entries.get(key)?.keySpan;
      // Each value came from the shape of its key, and the required ones are there.
      return { value: value as Values<F, R>, span: node.span, keySpan };
    },
    schema: (target) => {
      const properties = Object.fromEntries(
        Object.entries(fields).map(([name, { shape, doc }]) => [
          name,
          { description: doc, ...shape.schema(target) } satisfies JsonSchema,
        ]),
      );
      return {
        type: 'object',
        properties,
        ...(required.length > 0 ? { required: [...required] } : {}),
        ...(target === 'json' ? { additionalProperties: false } : {}),
        ...(one.length > 0 ? { oneOf: one.map((name) => ({ required: [name] })) } : {}),
        ...(least.length > 0 ? { anyOf: least.map((name) => ({ required: [name] })) } : {}),
      };
    },
  };
}

function unknownKeys(node: YamlMap, names: readonly string[], at: Place): void {
  for (const [key, { keySpan }] of node.entries) {
    if (names.includes(key)) continue;
    const known = `known here: ${names.join(', ')}`;
    const where = at.path === '' ? '' : ` in \`${at.name}\``;
    at.report('POLICY_KEY_UNKNOWN', `unknown key \`${key}\`${where}`, didYouMean(key, names, known), keySpan);
  }
}

function missing(node: YamlMap, required: readonly string[], at: Place): boolean {
  const absent = required.filter((name) => !node.entries.has(name));
  for (const name of absent) {
    const where = at.path === '' ? '' : ` in \`${at.name}\``;
    at.report('POLICY_KEY_MISSING', `\`${name}\` is missing${where}`, `add \`${name}:\``, node.span);
  }
  return absent.length === 0;
}

function choose(node: YamlMap, one: readonly string[], least: readonly string[], at: Place): boolean {
  const given = one.filter((name) => node.entries.has(name));
  const wanted = one.map((name) => `\`${name}\``).join(', ');
  if (one.length > 0 && given.length === 0) {
    at.report(
      'POLICY_KEY_MISSING',
      `one of ${wanted} is missing in \`${at.name}\``,
      'add one of them',
      node.span,
    );
    return false;
  }
  if (given.length > 1) {
    const span = node.entries.get(given[1] ?? '')?.keySpan ?? node.span;
    at.report('POLICY_VALUE', `only one of ${wanted} can be given`, 'write a line for each', span);
    return false;
  }
  if (least.length === 0 || least.some((name) => node.entries.has(name))) return true;
  const some = least.map((name) => `\`${name}\``).join(', ');
  at.report(
    'POLICY_KEY_MISSING',
    `\`${at.name}\` says nothing: none of ${some} is there`,
    'add one',
    node.span,
  );
  return false;
}
