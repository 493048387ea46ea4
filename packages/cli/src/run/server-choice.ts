import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { numberOption, type OptionSpec, type Parsed, UsageError } from '../command.js';
import { nodeHere } from '../server-options.js';

/** How a machine becomes a node. */
export const SERVER_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  server: {
    type: 'string',
    value: 'URL',
    doc: 'the server of this node, `https://HOST:7443` (docs/server.md)',
  },
  token: { type: 'string', value: 'TOKEN', doc: 'makes this machine a node of it, once' },
  'token-file': { type: 'string', value: 'FILE', doc: 'the same from a file: other users see command lines' },
  'node-name': { type: 'string', value: 'NAME', doc: 'what the node is called (default the host name)' },
};
/** Of an agent that runs. */
export const SERVER_QUEUE_OPTION: Readonly<Record<string, OptionSpec>> = {
  'server-queue': {
    type: 'string',
    value: 'MIB',
    doc: 'what may wait on the disk while the server is away (default 256)',
  },
  'server-summary': {
    type: 'string',
    value: 'SECONDS',
    doc: 'how often flows are summed up for the server, and coverage is looked at (default 60)',
  },
  'no-server': { type: 'boolean', doc: 'tell no server, even if this machine is a node of one' },
};

export interface ServerChoice {
  readonly server: string | undefined;
  readonly token: string | undefined;
  readonly node: string;
  readonly queueBytes: number;
  readonly summaryMs: number;
}

const MIB = 1024 * 1024;

export const identityFolder = (state: string): string => join(state, 'server', 'identity');

/** undefined: no server is to be told. */
export function serverChoice(args: Parsed): ServerChoice | undefined {
  if (args.flag('no-server')) return undefined;
  const server = args.text('server');
  const token = tokenOf(args);
  if (token !== undefined && server === undefined)
    throw new UsageError('a token without a server', 'give `--server https://HOST:7443` as well');
  const queueBytes = numberOption(args, 'server-queue', 256, 1, 1024 * 1024) * MIB;
  const summaryMs = numberOption(args, 'server-summary', 60, 1, 3600) * 1000;
  return { server, token, node: args.text('node-name') ?? nodeHere(), queueBytes, summaryMs };
}

function tokenOf(args: Parsed): string | undefined {
  const file = args.text('token-file');
  if (file === undefined) return args.text('token');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(
      `the token \`${file}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'check that the file exists and may be read',
    );
  }
}
