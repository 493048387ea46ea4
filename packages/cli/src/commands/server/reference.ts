import { readFileSync } from 'node:fs';
import { type Command, EXIT, numberOption, type Parsed, UsageError } from '../../command.js';
import { askApiOf, nodeIdOf, SERVER_STATE_OPTION } from '../../server-options.js';
import { table, toJson, visible } from '../../terminal.js';

export const reference: Command = {
  name: 'server reference',
  summary: 'what nodes are expected to be, as their TPMs prove it',
  operands: 'make NODE | set FILE | show | history',
  about: `A reference says which values registers of a TPM may have, what may be measured at boot, and which files IMA may measure
(docs/node-attestation.md). \`make\` prints one by which machines like NODE are trusted: read it, and leave out what nodes need not have in
common. \`set\` puts it in force; its version has to be greater than the one before, and from its day of expiry on it trusts nobody.`,
  options: {
    events: {
      type: 'boolean',
      doc: 'make: digests of what was measured at boot, in place of values of registers',
    },
    days: { type: 'string', value: 'N', doc: 'make: until it expires (default 90)' },
    cluster: { type: 'string', value: 'NAME', doc: 'make: of the node, where several have its name' },
    json: { type: 'boolean', doc: 'one JSON object' },
    ...SERVER_STATE_OPTION,
  },
  examples: [
    ['runward server reference make web-1 > reference.json', 'from a machine that is known to be good'],
    ['runward server reference set reference.json', 'every node has to prove itself by it'],
  ],
  run: referenceCommand,
};

interface Shown {
  readonly current: { readonly version: number; readonly expires: string } | null;
  readonly isStale: boolean;
  readonly history: readonly {
    readonly version: number;
    readonly date: string;
    readonly expires: string;
    readonly setMs: number;
    readonly by: string;
  }[];
}

async function referenceCommand(args: Parsed): Promise<number> {
  const [what, operand, ...more] = args.rest;
  if (more.length === 0) {
    if (what === 'make' && operand !== undefined) return make(args, operand);
    if (what === 'set' && operand !== undefined) return set(args, operand);
    if (what === 'show' && operand === undefined) return show(args);
    if (what === 'history' && operand === undefined) return history(args);
  }
  throw new UsageError(
    what === undefined
      ? 'what to do with the reference is missing'
      : `\`server reference ${args.rest.join(' ')}\` is not understood`,
    'write `runward server reference make NODE`, `set FILE`, `show` or `history`',
  );
}

async function make(args: Parsed, node: string): Promise<number> {
  const made = await askApiOf(args, 'proposeReference', {
    params: { id: await nodeIdOf(args, node) },
    query: { events: String(args.flag('events')), days: numberOption(args, 'days', 90, 1, 3650) },
  });
  process.stdout.write(`${JSON.stringify(made, undefined, 1)}\n`);
  return EXIT.ok;
}

async function set(args: Parsed, path: string): Promise<number> {
  const { version } = (await askApiOf(args, 'setReference', { body: parsed(path) })) as {
    readonly version: number;
  }; // our own server's
  process.stdout.write(
    args.flag('json') ? `${toJson({ version })}\n` : `version ${version} of the reference is in force\n`,
  );
  return EXIT.ok;
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(
      `the reference \`${path}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'it is a JSON file such as `runward server reference make NODE` prints',
    );
  }
}

async function show(args: Parsed): Promise<number> {
  const told = (await askApiOf(args, 'getReference')) as Shown; // our own server's
  if (args.flag('json')) process.stdout.write(`${toJson(told)}\n`);
  else if (told.current === null) process.stdout.write('no reference was set: no node is trusted\n');
  else {
    process.stdout.write(`${JSON.stringify(told.current, undefined, 1)}\n`);
    if (told.isStale)
      process.stderr.write(`runward: it expired on ${told.current.expires}: no node is trusted by it\n`);
  }
  return EXIT.ok;
}

async function history(args: Parsed): Promise<number> {
  const told = (await askApiOf(args, 'getReference')) as Shown; // our own server's
  const rows = told.history.map(({ version, date, expires, setMs, by }) => [
    ...[String(version), date, expires, new Date(setMs).toISOString(), visible(by)],
  ]);
  process.stdout.write(
    `${args.flag('json') ? toJson(told.history) : table([['VERSION', 'OF', 'EXPIRES', 'SET', 'BY'], ...rows])}\n`,
  );
  return EXIT.ok;
}
