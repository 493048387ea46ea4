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

/** An operation of the API, as the operator of the machine. @throws RunwardError with what it refuses */
export const askApiOf = (
  args: Parsed,
  operation: string,
  given: { readonly params?: object; readonly query?: object; readonly body?: unknown } = {},
): Promise<unknown> => askServerOf(args, '/api', { operation, by: personHere(), ...given });

/** The id of a node by its name, or by its id. @throws UsageError */
export async function nodeIdOf(args: Parsed, which: string): Promise<string> {
  const { nodes } = (await askServerOf(args, '/nodes/list', {})) as {
    readonly nodes: readonly {
      readonly id: string;
      readonly name: string;
      readonly cluster: string;
      readonly revoked: unknown;
    }[];
  }; // our own server's
  const cluster = args.text('cluster');
  const [found, ...more] = nodes.filter(
    (node) =>
      node.id === which ||
      (node.name === which && node.revoked === null && (cluster === undefined || node.cluster === cluster)),
  );
  if (found !== undefined && more.length === 0) return found.id;
  throw new UsageError(
    found === undefined ? `there is no node \`${which}\`` : `there are several nodes \`${which}\``,
    '`runward server node list` shows them; give `--cluster` or the id where names are not enough',
  );
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
