import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { INTEGRITY_OPTIONS, integrityDesk } from '../../integrity-desk.js';
import { toJson, visible } from '../../terminal.js';

export const accept: Command = {
  name: 'integrity accept',
  summary: 'take what became of files for what they should be',
  operands: 'PATH…',
  about: `Of each named path, and of everything below it, what is there now is from now on what should be there; nothing else of the
baseline changes. With \`--all\` everything that \`integrity check\` tells.`,
  options: {
    all: { type: 'boolean', doc: 'every change' },
    ...INTEGRITY_OPTIONS,
  },
  examples: [['runward integrity accept /etc/passwd --settings integrity.yaml', 'the new user is wanted']],
  run: acceptCommand,
};

async function acceptCommand(args: Parsed): Promise<number> {
  const paths = args.rest;
  if (paths.length === 0 && !args.flag('all'))
    throw new UsageError(
      'no path is named',
      'write `runward integrity accept PATH… --settings FILE`, or `--all`',
    );
  const relative = paths.find((path) => !path.startsWith('/'));
  if (relative !== undefined)
    throw new UsageError(`\`${relative}\` is not absolute`, 'write the path as `integrity check` tells it');
  const desk = await integrityDesk(args);
  if (desk === undefined) return EXIT.usage;
  const isMeant = (path: string): boolean =>
    args.flag('all') || paths.some((each) => path === each || path.startsWith(`${each}/`));
  const accepted: { readonly scope: string; readonly path: string }[] = [];
  for (const { name, check } of desk.checks) {
    const changed = (await check.check()).map(({ path }) => path).filter(isMeant);
    await check.accept(changed);
    accepted.push(...changed.map((path) => ({ scope: name, path })));
  }
  desk.store.close();
  if (args.flag('json')) process.stdout.write(`${toJson({ accepted })}\n`);
  else if (accepted.length === 0) process.stderr.write('runward: there is nothing to accept\n');
  else
    for (const { scope, path } of accepted)
      process.stdout.write(`accepted ${visible(path)} of ${visible(scope)}\n`);
  return EXIT.ok;
}
