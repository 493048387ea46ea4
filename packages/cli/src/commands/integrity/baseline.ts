import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { INTEGRITY_OPTIONS, integrityDesk } from '../../integrity-desk.js';
import { toJson, visible } from '../../terminal.js';

export const baseline: Command = {
  name: 'integrity baseline',
  summary: 'take the watched files as they are for what they should be',
  operands: '',
  about: `Reads every watched file of the host and of running containers and keeps digest, owner, permissions and, where the settings say so
and it is no secret, the text of small ones. What was kept before is replaced.`,
  options: INTEGRITY_OPTIONS,
  examples: [['runward integrity baseline --settings integrity.yaml', 'from now on this is right']],
  run: baselineCommand,
};

async function baselineCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0)
    throw new UsageError(
      `unexpected \`${args.rest[0]}\``,
      'write `runward integrity baseline --settings FILE`',
    );
  const desk = await integrityDesk(args);
  if (desk === undefined) return EXIT.usage;
  const scopes: { readonly id: string; readonly name: string; readonly files: number }[] = [];
  for (const { id, name, check } of desk.checks) scopes.push({ id, name, files: await check.takeBaseline() });
  desk.store.close();
  if (args.flag('json')) process.stdout.write(`${toJson({ scopes })}\n`);
  else for (const { name, files } of scopes) process.stdout.write(`${visible(name)}: ${files} files\n`);
  return EXIT.ok;
}
