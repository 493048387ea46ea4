import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { writeOutput } from '../../output-file.js';

export const schema: Command = {
  name: 'policy schema',
  summary: 'the schema of policies, for editors and for Kubernetes',
  operands: '',
  about: `Prints the JSON Schema (draft 7) of RuntimePolicy, made from the same tables policies are read by. An editor with the
YAML language server completes and checks by it when the first line of a policy is

  # yaml-language-server: $schema=./runtimepolicy.schema.json

With --crd it prints the CustomResourceDefinition by which a Kubernetes cluster takes the same documents.`,
  options: {
    crd: { type: 'boolean', doc: 'the CustomResourceDefinition, as YAML' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      doc: 'the file to write (default: standard output)',
    },
  },
  examples: [
    ['runward policy schema -o runtimepolicy.schema.json', 'for the editor'],
    ['runward policy schema --crd | kubectl apply -f -', 'for a cluster'],
  ],
  run: schemaCommand,
};

async function schemaCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0)
    throw new UsageError(`unexpected \`${args.rest[0]}\``, 'the file to write is named with `-o FILE`');
  const { policyCustomResourceText, policyJsonSchemaText } = await import('@runward/policy');
  const text = args.flag('crd') ? policyCustomResourceText() : policyJsonSchemaText();
  writeOutput(args.text('output') ?? '-', text);
  return EXIT.ok;
}
