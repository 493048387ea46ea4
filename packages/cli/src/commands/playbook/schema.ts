import { playbookJsonSchemaText } from '@runward/respond/playbooks';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { writeOutput } from '../../output-file.js';

export const schema: Command = {
  name: 'playbook schema',
  summary: 'the schema of playbooks, for editors',
  operands: '',
  about: `Prints the JSON Schema of playbooks. An editor with a YAML language server completes and checks by it when a file begins with

  # yaml-language-server: $schema=./responseplaybook.schema.json`,
  options: { output: { type: 'string', short: 'o', value: 'FILE', doc: 'write it to a file' } },
  examples: [['runward playbook schema -o responseplaybook.schema.json', 'for the editor']],
  run: schemaCommand,
};

async function schemaCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0) throw new UsageError(`unexpected \`${args.rest[0]}\``, 'it takes no file');
  writeOutput(args.text('output') ?? '-', playbookJsonSchemaText());
  return EXIT.ok;
}
