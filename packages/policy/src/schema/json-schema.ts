import { documentShape, KIND } from '../read/document-shape.js';
import type { JsonSchema } from '../shape/shape.js';

/**
 * The JSON Schema of a policy document, for editors. Draft 7: what the YAML language server of most editors completes
 * by. Where it is more lenient than the reader (patterns, keys that exclude each other), the reader says so.
 */
export const policyJsonSchema = (): JsonSchema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: KIND,
  description: 'What a container may do: docs/policy-language.md.',
  ...documentShape.schema('json'),
});

/** As a file: two blanks deep, with a line end. */
export const policyJsonSchemaText = (): string => `${JSON.stringify(policyJsonSchema(), null, 2)}\n`;
