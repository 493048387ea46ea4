import { settingsJsonSchemaText } from '@runward/respond/settings';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { writeOutput } from '../../output-file.js';
import { readSettingsFile } from '../../response-settings.js';
import { table, toJson } from '../../terminal.js';

export const settings: Command = {
  name: 'respond settings',
  summary: 'say what is wrong with a file of settings',
  operands: 'FILE',
  about: `Reads a file as \`runward run --response-settings FILE\` does, and lists whom responses may ask. Nobody is asked and no secret is
read. With \`--schema\` it prints the JSON Schema of such files, for editors, and takes no file.`,
  options: {
    json: { type: 'boolean', doc: 'one JSON object' },
    schema: { type: 'boolean', doc: 'the JSON Schema of such files' },
  },
  examples: [['runward respond settings response.yaml', 'every problem, with its line']],
  run: settingsCommand,
};

async function settingsCommand(args: Parsed): Promise<number> {
  const [file, ...more] = args.rest;
  if (args.flag('schema') ? file !== undefined : file === undefined || more.length > 0)
    throw new UsageError(
      file === undefined ? 'no file is named' : `unexpected \`${more[0] ?? file}\``,
      'write `runward respond settings FILE`, or `--schema` alone',
    );
  if (file === undefined) {
    writeOutput('-', settingsJsonSchemaText());
    return EXIT.ok;
  }
  const found = await readSettingsFile(file);
  if (found === undefined) return EXIT.usage;
  const rows = found.revokers.map(({ type, settings: { name, credentials } }) => ({
    ...{ name, kind: 'revoker', type, env: credentials.env, files: credentials.files },
  }));
  const { kubernetes, webhooks, scripts } = found;
  const cluster = kubernetes && {
    ...{ name: kubernetes.context ?? '', kind: 'kubernetes', env: [], files: [] },
    type: kubernetes.kubeconfig ?? kubernetes.serviceAccount,
  };
  const all = [
    ...(cluster === undefined ? [] : [cluster]),
    ...rows,
    ...webhooks.map(({ name }) => ({ name, kind: 'webhook', type: 'webhook', env: [], files: [] })),
    ...(scripts === undefined
      ? []
      : [{ name: '', kind: 'scripts', type: scripts.folder, env: [], files: scripts.publicKeys }]),
  ];
  if (args.flag('json')) process.stdout.write(`${toJson({ settings: all })}\n`);
  else {
    const cells = all.map((row) => [row.name, row.kind, row.type, [...row.env, ...row.files].join(' ')]);
    process.stdout.write(`${table([['NAME', 'KIND', 'TYPE', 'FOR'], ...cells])}\n`);
  }
  return EXIT.ok;
}
