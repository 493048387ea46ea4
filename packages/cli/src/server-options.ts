import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { type OptionSpec, type Parsed, UsageError } from './command.js';

/** Of commands about a server on this machine. */
export const SERVER_STATE_OPTION: Readonly<Record<string, OptionSpec>> = {
  state: {
    type: 'string',
    value: 'DIR',
    doc: 'where the server keeps what it has (default /var/lib/runward-server)',
  },
};

export function serverStateOf(args: Parsed): string {
  const given = args.text('state') ?? '/var/lib/runward-server';
  if (given === '') throw new UsageError('`--state` names no folder', 'write `--state DIR`');
  return resolve(given);
}

/** Asks the server of this machine. @throws RunwardError with what it refuses */
export async function askServerOf(args: Parsed, path: string, body: unknown): Promise<unknown> {
  const { askServer } = await import('@runward/server/admin-client');
  return askServer(join(serverStateOf(args), 'server.sock'), path, body);
}

/** Who asks, for the record: whoever may use the socket is believed. */
export const personHere = (): string => process.env.SUDO_USER ?? userInfo().username;

/** The name of this machine, as nodes are named. */
export const nodeHere = (): string =>
  hostname()
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 128) || 'node';
