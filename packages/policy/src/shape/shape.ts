import type { SourceSpan } from '@runward/core';
import type { YamlNode } from '@runward/yaml';
import type { PolicyCode } from '../diagnostics/codes.js';
import type { Reporter } from '../diagnostics/reporter.js';

export type Json = string | number | boolean | null | readonly Json[] | JsonSchema;
export interface JsonSchema {
  readonly [key: string]: Json;
}

/** `json`: JSON Schema, for editors. `kubernetes`: a structural schema, as a CustomResourceDefinition takes it. */
export type SchemaTarget = 'json' | 'kubernetes';

/**
 * What a value of a document must look like: how it is read and how a schema says so, in one place, so that the two
 * cannot differ. Reading reports each mistake and goes on; what is wrong is undefined and left out.
 */
export interface Shape<T> {
  read(node: YamlNode, at: Place): T | undefined;
  schema(target: SchemaTarget): JsonSchema;
}

/** What a {@link Shape} reads. */
export type Read<S> = S extends Shape<infer T> ? T : never;

/** Where in the document the reading is. */
export class Place {
  constructor(
    readonly reporter: Reporter,
    readonly path: string,
  ) {}

  key(name: string): Place {
    return new Place(this.reporter, this.path === '' ? name : `${this.path}.${name}`);
  }

  item(index: number): Place {
    return new Place(this.reporter, `${this.path}[${index}]`);
  }

  /** The last word of the path, for messages. */
  get name(): string {
    return this.path.slice(this.path.lastIndexOf('.') + 1);
  }

  report(code: PolicyCode, message: string, help: string, span: SourceSpan): undefined {
    this.reporter.report(code, message, help, span, this.path);
    return undefined;
  }
}

/** A shape whose value is made of another's; `to` may report and give undefined. The schema stays. */
export const mapped = <A, B>(
  shape: Shape<A>,
  to: (value: A, at: Place, node: YamlNode) => B | undefined,
  extra: JsonSchema = {},
): Shape<B> => ({
  read: (node, at) => {
    const value = shape.read(node, at);
    return value === undefined ? undefined : to(value, at, node);
  },
  schema: (target) => ({ ...shape.schema(target), ...extra }),
});

/** One shape for a single value, another for a mapping. */
export const either = <A, B>(scalar: Shape<A>, map: Shape<B>): Shape<A | B> => ({
  read: (node, at) => (node.kind === 'scalar' ? scalar.read(node, at) : map.read(node, at)),
  // A structural schema has no place for a value of two types: what this one cannot say, the reader does.
  schema: (target) =>
    target === 'kubernetes'
      ? { 'x-kubernetes-preserve-unknown-fields': true }
      : { anyOf: [scalar.schema(target), map.schema(target)] },
});

/** Anything at all: what Kubernetes writes into an object and no policy is about. */
export const ignored: Shape<true> = {
  read: () => true,
  schema: (target) =>
    target === 'kubernetes' ? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } : {},
};
