import { scenarioShape } from './scenario.js';

/** The JSON Schema of scenario files, for editors (draft 7). Where it is more lenient than the reader, the reader says so. */
export const scenarioSchemaText = (): string =>
  `${JSON.stringify(
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'Drill scenario',
      description: 'A harmless exercise in a scratch container: docs/drills.md.',
      ...scenarioShape.schema,
    },
    null,
    2,
  )}\n`;
