import { STATE_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { openStore } from '../../integrity-desk.js';
import { LineWriter } from '../../output.js';
import { table, toJson, visible } from '../../terminal.js';

export const show: Command = {
  name: 'integrity show',
  summary: 'what is known of the watched files',
  operands: '[SCOPE]',
  about: `Without a name the baselines there are, with one each file of it: digest, permissions, owner, size. SCOPE is \`host\`, or a
container's name or id. Of texts that are kept only that they are is told.`,
  options: { json: { type: 'boolean', doc: 'JSON lines' }, ...STATE_OPTION },
  examples: [['runward integrity show host', 'every watched file of the host']],
  run: showCommand,
};

async function showCommand(args: Parsed): Promise<number> {
  const [name, ...more] = args.rest;
  if (more.length > 0)
    throw new UsageError(`unexpected \`${more[0]}\``, 'write `runward integrity show SCOPE`');
  const store = openStore(args);
  try {
    const scopes = store.scopes();
    if (name === undefined) {
      if (args.flag('json'))
        process.stdout.write(scopes.map((scope) => `${JSON.stringify(scope)}\n`).join(''));
      else if (scopes.length === 0)
        process.stderr.write('runward: no baseline was taken: `runward integrity baseline` does\n');
      else
        process.stdout.write(
          `${table([['SCOPE', 'ID', 'FILES', 'TAKEN'], ...scopes.map((s) => [visible(s.name), visible(s.id.slice(0, 12)), String(s.files), s.takenAt])])}\n`,
        );
      return EXIT.ok;
    }
    const scope = scopes.find((each) => each.id === name || each.name === name);
    if (scope === undefined)
      throw new UsageError(
        `there is no baseline of \`${name}\``,
        `those there are: ${scopes.map((s) => s.name).join(', ') || 'none'}`,
      );
    const writer = new LineWriter(() => undefined);
    for (const { text, ...file } of store.files(store.numberOf(scope.id) ?? 0)) {
      const line = args.flag('json')
        ? toJson({ ...file, textKept: text !== null }).replaceAll(/\n\s*/g, '')
        : `${file.sha256.slice(0, 16).padEnd(16)}  ${`0${file.mode.toString(8)}`.padEnd(6)} ${`${file.uid}:${file.gid}`.padEnd(11)} ${String(file.size).padStart(10)}  ${visible(file.path)}`;
      await writer.write([line]);
    }
    return EXIT.ok;
  } finally {
    store.close();
  }
}
