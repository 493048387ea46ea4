import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, EXIT, type OptionSpec, type Parsed, UsageError } from '../../command.js';
import { askServerOf, personHere, SERVER_STATE_OPTION, serverStateOf } from '../../server-options.js';
import { toJson, visible } from '../../terminal.js';

const KEY_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'passphrase-file': {
    type: 'string',
    value: 'FILE',
    doc: 'the first line of it seals the keys of the server: 12 characters at least',
  },
  'without-keys': { type: 'boolean', doc: 'leave the keys out' },
};

export const backup: Command = {
  name: 'server backup',
  summary: 'copy everything a server needs to go on elsewhere, while it runs',
  operands: 'DIR',
  about: `What nodes told, nodes and tokens, people, documents and the evidence log, each as of one moment, with a manifest of digests. The
keys of its authority and of its evidence log are sealed with a passphrase, or left out: with them whoever has the back-up can be the
server. Nodes keep what they have to tell while the store is copied.`,
  options: { ...KEY_OPTIONS, json: { type: 'boolean', doc: 'one JSON object' }, ...SERVER_STATE_OPTION },
  examples: [
    ['runward server backup /backup/runward-1 --passphrase-file /root/passphrase', 'into a new folder'],
    ['runward server backup /backup/runward-1 --without-keys', 'who restores it has every node enrol again'],
  ],
  run: backupCommand,
};

export const restoreCommand: Command = {
  name: 'server restore',
  summary: 'make the state of a server of a back-up',
  operands: 'DIR',
  about: `Checks every file of the back-up against its manifest, and makes a state folder of it: whole, or not at all. The server that the
back-up is of must not run on: nodes trust both.`,
  options: { ...KEY_OPTIONS, json: { type: 'boolean', doc: 'one JSON object' }, ...SERVER_STATE_OPTION },
  examples: [
    ['runward server restore /backup/runward-1 --passphrase-file /root/passphrase', 'then `runward server`'],
  ],
  run: runRestore,
};

async function backupCommand(args: Parsed): Promise<number> {
  const asked = { folder: folderOf(args), passphrase: passphraseOf(args), by: personHere() };
  const made = (await askServerOf(args, '/backup', asked)) as {
    readonly folder: string;
    readonly hasKeys: boolean;
    readonly files: number;
    readonly bytes: number;
  }; // our own server's
  const keys = made.hasKeys ? 'with its keys, sealed' : 'without its keys';
  process.stdout.write(
    args.flag('json')
      ? `${toJson(made)}\n`
      : `${made.files} files, ${made.bytes} bytes in ${visible(made.folder)}, ${keys}\n`,
  );
  return EXIT.ok;
}

async function runRestore(args: Parsed): Promise<number> {
  const { restore } = await import('@runward/server');
  const state = serverStateOf(args);
  const { files, madeMs, version, hasKeys } = await restore({
    ...{ backup: folderOf(args), state, passphrase: passphraseOf(args) },
  });
  const from = new Date(madeMs).toISOString();
  process.stdout.write(
    args.flag('json')
      ? `${toJson({ state, version, from, files: files.length, hasKeys })}\n`
      : `${visible(state)} is as it was at ${from} (version ${visible(version)})\n`,
  );
  return EXIT.ok;
}

function folderOf(args: Parsed): string {
  const [folder, ...more] = args.rest;
  if (folder === undefined || folder === '' || more.length > 0)
    throw new UsageError('one folder is needed', 'name that of the back-up');
  return resolve(folder);
}

/** undefined: without the keys, as was asked. */
function passphraseOf(args: Parsed): string | undefined {
  const file = args.text('passphrase-file');
  if (args.flag('without-keys') !== (file === undefined))
    throw new UsageError(
      file === undefined ? 'nothing says what becomes of the keys' : 'the keys are to be in it and not',
      'write `--passphrase-file FILE`, or `--without-keys`',
    );
  if (file === undefined) return undefined;
  const [line = ''] = read(file).split('\n');
  if (line.length < 12)
    throw new UsageError(
      `the first line of \`${file}\` has fewer than 12 characters`,
      'write a longer passphrase',
    );
  return line;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `the passphrase in \`${file}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'name a file whose first line is the passphrase',
    );
  }
}
