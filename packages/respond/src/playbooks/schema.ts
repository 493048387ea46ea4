import { KIND, playbookShape } from './shapes.js';

/** The JSON Schema of a playbook as a file, for editors; draft 7, as that of policies. */
export const playbookJsonSchemaText = (): string =>
  `${JSON.stringify(
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: KIND,
      description: 'What is done when something is detected: docs/response.md.',
      ...playbookShape.schema('json'),
    },
    null,
    2,
  )}\n`;
