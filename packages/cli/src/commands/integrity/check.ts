import type { FileChange } from '@runward/integrity';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { INTEGRITY_OPTIONS, integrityDesk } from '../../integrity-desk.js';
import { toJson, visible } from '../../terminal.js';

export const check: Command = {
  name: 'integrity check',
  summary: 'say which watched files are not what they were',
  operands: '',
  about: `Compares the watched files with their baseline: new, removed, other content, owner or permissions. Files whose inode, size and
times are the same are not read again, unless --thorough. Ends with 1 when something is not as it was; \`integrity accept\` takes it over.`,
  options: {
    thorough: { type: 'boolean', doc: 'read every file again' },
    ...INTEGRITY_OPTIONS,
  },
  examples: [['runward integrity check --settings integrity.yaml', 'what changed since the baseline']],
  run: checkCommand,
};

async function checkCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0)
    throw new UsageError(`unexpected \`${args.rest[0]}\``, 'write `runward integrity check --settings FILE`');
  const desk = await integrityDesk(args);
  if (desk === undefined) return EXIT.usage;
  const scopes: { readonly id: string; readonly name: string; readonly changes: readonly FileChange[] }[] =
    [];
  for (const { id, name, check } of desk.checks)
    scopes.push({ id, name, changes: await check.check({ thorough: args.flag('thorough') }) });
  desk.store.close();
  const isSame = scopes.every(({ changes }) => changes.length === 0);
  if (args.flag('json')) process.stdout.write(`${toJson({ same: isSame, scopes })}\n`);
  else
    for (const { name, changes } of scopes) {
      process.stdout.write(
        `${visible(name)}: ${changes.length === 0 ? 'as it was' : `${changes.length} files are not as they were`}\n`,
      );
      for (const { path, text, diff } of changes) {
        process.stdout.write(`  ${visible(path)} ${visible(text)}\n`);
        for (const line of diff) process.stdout.write(`      ${visible(line)}\n`);
      }
    }
  return isSame ? EXIT.ok : EXIT.failure;
}
