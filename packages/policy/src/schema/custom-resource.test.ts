import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Json, JsonSchema } from '../shape/shape.js';
import { policyCustomResource, policyCustomResourceText } from './custom-resource.js';
import { policyJsonSchema } from './json-schema.js';

const isMap = (value: Json | undefined): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface Definition {
  readonly spec: {
    readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: JsonSchema } }];
  };
}
const definition = policyCustomResource() as unknown as Definition; // made right there, in this shape
const root = definition.spec.versions[0].schema.openAPIV3Schema;

/** Keywords a structural schema may have: kubernetes.io, "Specifying a structural schema". */
const KEYWORDS = new Set([
  ...['description', 'type', 'enum', 'pattern', 'required', 'properties', 'additionalProperties', 'items'],
  ...[
    'minLength',
    'maxLength',
    'minItems',
    'maxItems',
    'maxProperties',
    'minimum',
    'maximum',
    'oneOf',
    'anyOf',
  ],
  ...['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-int-or-string'],
]);

/** What is not structural, as `path: why`. */
function faults(schema: JsonSchema, path: string): readonly string[] {
  const found = Object.keys(schema)
    .filter((key) => !KEYWORDS.has(key))
    .map((key) => `${path}: keyword ${key}`);
  const untyped =
    schema['x-kubernetes-preserve-unknown-fields'] === true || schema['x-kubernetes-int-or-string'] === true;
  if (typeof schema.type !== 'string' && !untyped) found.push(`${path}: no type`);
  if (isMap(schema.properties) && isMap(schema.additionalProperties))
    found.push(`${path}: properties and additionalProperties`);
  for (const junctor of ['oneOf', 'anyOf'])
    for (const branch of (schema[junctor] as readonly JsonSchema[] | undefined) ?? [])
      if (Object.keys(branch).some((key) => key !== 'required')) found.push(`${path}: ${junctor} says more`);
  const below = [
    ...Object.entries(isMap(schema.properties) ? schema.properties : {}),
    ...['items', 'additionalProperties'].map((key) => [key, schema[key]] as const),
  ];
  return [
    ...found,
    ...below.flatMap(([key, value]) => (isMap(value) ? faults(value, `${path}.${key}`) : [])),
  ];
}

describe('the CustomResourceDefinition', () => {
  test('has a structural schema', () => expect(faults(root, '')).toEqual([]));

  test('says of metadata what a name is and no more', () => {
    const { metadata } = root.properties as { readonly metadata: JsonSchema };
    expect(Object.keys(metadata)).toEqual(['type', 'properties']);
    expect(Object.keys(metadata.properties as object)).toEqual(['name']);
  });

  test('reads back as it was made where `off` means false', () => {
    expect(parse(policyCustomResourceText(), { version: '1.1' })).toEqual(policyCustomResource());
  });

  test('knows every key the JSON Schema knows, down to where a value may be one of two kinds', () => {
    const keys = (schema: Json | undefined, path: string): readonly string[] =>
      isMap(schema) && isMap(schema.properties)
        ? Object.entries(schema.properties).flatMap(([key, value]) => [
            `${path}.${key}`,
            ...keys(value, `${path}.${key}`),
          ])
        : [];
    const spec = (schema: JsonSchema): Json | undefined => (schema.properties as JsonSchema).spec;
    expect(keys(spec(root), 'spec')).toEqual(keys(spec(policyJsonSchema()), 'spec'));
  });
});
