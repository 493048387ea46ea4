import type { Link } from '@runward/server';
import { type Command, EXIT, numberOption, type Parsed, UsageError } from '../../command.js';
import { durationOption } from '../../quantity.js';
import { askServerOf, personHere, SERVER_STATE_OPTION } from '../../server-options.js';
import { table, toJson } from '../../terminal.js';

export const token: Command = {
  name: 'server token',
  summary: 'make, list and remove tokens by which nodes enrol',
  operands: 'create|list|remove [ID]',
  about: `\`create\` prints the text of a new token, the only time it is shown: it makes one node, within its time. \`list\` says which there
are and what became of them, \`remove ID\` takes one back that was not used. Asks the server of this machine.`,
  options: {
    expires: { type: 'string', value: 'TIME', doc: 'how long it may be used (default 1h)' },
    cluster: { type: 'string', value: 'NAME', doc: 'the cluster of the node (default main)' },
    node: { type: 'string', value: 'NAME', doc: 'the only name it is for' },
    count: { type: 'string', value: 'N', doc: 'so many, a line each; for any free names' },
    replace: { type: 'boolean', doc: 'the node of that name is cut off when the token is used' },
    json: { type: 'boolean', doc: 'one JSON object' },
    ...SERVER_STATE_OPTION,
  },
  examples: [
    ['runward server token create --expires 1h --cluster shop', 'for any node of the cluster'],
    ['runward server token create --node web-1 --replace', 'for a machine that was set up anew'],
  ],
  run: tokenCommand,
};

const HOUR_MS = 3_600_000;

async function tokenCommand(args: Parsed): Promise<number> {
  const [what, id, ...more] = args.rest;
  if (what === 'create' && id === undefined) return create(args);
  if (what === 'list' && id === undefined) return list(args);
  if (what === 'remove' && id !== undefined && more.length === 0) {
    await askServerOf(args, '/tokens/remove', { id, by: personHere() });
    return EXIT.ok;
  }
  throw new UsageError(
    what === undefined
      ? 'what to do with tokens is missing'
      : `\`server token ${args.rest.join(' ')}\` is not understood`,
    'write `runward server token create`, `list` or `remove ID`',
  );
}

async function create(args: Parsed): Promise<number> {
  if (args.text('count') !== undefined) return createMany(args);
  const made = (await askServerOf(args, '/tokens/create', {
    ...{
      cluster: args.text('cluster') ?? 'main',
      node: args.text('node') ?? null,
      replace: args.flag('replace'),
    },
    ...{ by: personHere(), validMs: durationOption(args, 'expires') ?? HOUR_MS },
  })) as { readonly id: string; readonly text: string }; // our own server's
  process.stdout.write(`${args.flag('json') ? toJson(made) : made.text}\n`);
  return EXIT.ok;
}

async function createMany(args: Parsed): Promise<number> {
  if (args.text('node') !== undefined || args.flag('replace'))
    throw new UsageError('`--count` makes tokens for any free names', 'leave `--node` and `--replace` out');
  const { tokens } = (await askServerOf(args, '/tokens/create-many', {
    ...{ cluster: args.text('cluster') ?? 'main', count: numberOption(args, 'count', 1, 1, 10_000) },
    ...{ by: personHere(), validMs: durationOption(args, 'expires') ?? HOUR_MS },
  })) as { readonly tokens: readonly { readonly id: string; readonly text: string }[] }; // our own server's
  const lines = args.flag('json') ? [toJson({ tokens })] : tokens.map(({ text }) => text);
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.ok;
}

async function list(args: Parsed): Promise<number> {
  const answer = (await askServerOf(args, '/tokens/list', {})) as {
    readonly tokens: Link['registry']['tokens'];
  }; // our own server's // biome-ignore format: one line
  const rows = answer.tokens.map(({ id, state, cluster, node, replace, by, expiresMs }) => [
    ...[id, state, cluster, node ?? 'any', replace ? 'yes' : 'no', new Date(expiresMs).toISOString(), by],
  ]);
  const head = ['TOKEN', 'STATE', 'CLUSTER', 'NODE', 'REPLACES', 'EXPIRES', 'BY'];
  process.stdout.write(`${args.flag('json') ? toJson(answer) : table([head, ...rows])}\n`);
  return EXIT.ok;
}
