import type { Page } from '@runward/server';
import { type Command, EXIT, numberOption, type OptionSpec, type Parsed, UsageError } from '../../command.js';
import { durationOption } from '../../quantity.js';
import { askServerOf, SERVER_STATE_OPTION } from '../../server-options.js';
import { table, toJson, visible } from '../../terminal.js';

const BY = ['kind', 'cluster', 'node', 'namespace', 'workload', 'container', 'rule', 'incident'] as const;
const plural = (name: (typeof BY)[number]): string => `${name}s`;
const byOption = (name: (typeof BY)[number]): OptionSpec => ({
  ...{ type: 'string', multiple: true, value: name.toUpperCase(), doc: `only of this ${name}, repeatable` },
});

export const records: Command = {
  name: 'server records',
  summary: 'what nodes told, the latest first',
  operands: '',
  about:
    'Lists what the server of this machine keeps. With --json each record is a line, whole; a last line `{"cursor": …}` says that there is more.',
  options: {
    ...Object.fromEntries(BY.map((name) => [name, byOption(name)])),
    priority: { type: 'string', multiple: true, value: 'PRIORITY', doc: 'only of this priority, repeatable' },
    since: { type: 'string', value: 'TIME', doc: 'only of so long ago and later: `2h`' },
    limit: { type: 'string', value: 'N', doc: 'how many, at most 1000 (default 50)' },
    cursor: { type: 'string', value: 'CURSOR', doc: 'what follows' },
    json: { type: 'boolean', doc: 'lines of JSON' },
    ...SERVER_STATE_OPTION,
  },
  examples: [
    [
      'runward server records --kind detection --priority Critical --since 1h',
      'what is urgent, of all nodes',
    ],
  ],
  run: recordsCommand,
};

async function recordsCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0)
    throw new UsageError(`unexpected \`${args.rest[0]}\``, 'write `runward server records`');
  const since = durationOption(args, 'since');
  const cursor = args.text('cursor');
  const wanted = [
    ...BY.map((name) => [plural(name), args.texts(name)] as const),
    ['priorities', args.texts('priority')] as const,
  ];
  const page = (await askServerOf(args, '/records/query', {
    filter: {
      ...Object.fromEntries(wanted.filter(([, values]) => values.length > 0)),
      ...(since === undefined ? {} : { fromMs: Date.now() - since }),
    },
    limit: numberOption(args, 'limit', 50, 1, 1000),
    ...(cursor === undefined ? {} : { cursor }),
  })) as Page; // our own server's
  if (args.flag('json')) {
    for (const record of page.records) process.stdout.write(`${toJson(record)}\n`);
    if (page.cursor !== undefined) process.stdout.write(`${toJson({ cursor: page.cursor })}\n`);
    return EXIT.ok;
  }
  const rows = page.records.map(({ timeMs, kind, node, priority, workload, rule }) => [
    ...[new Date(timeMs).toISOString(), kind, node, priority, workload, rule].map(visible),
  ]);
  process.stdout.write(`${table([['TIME', 'KIND', 'NODE', 'PRIORITY', 'WORKLOAD', 'RULE'], ...rows])}\n`);
  if (page.cursor !== undefined)
    process.stderr.write(`runward: there is more: \`--cursor ${page.cursor}\`\n`);
  return EXIT.ok;
}
