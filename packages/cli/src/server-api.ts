import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { RunwardError } from '@runward/core';
import { type OptionSpec, type Parsed, UsageError } from './command.js';
import { personHere, SERVER_STATE_OPTION, serverStateOf } from './server-options.js';

/** Of the server's room, as at its socket (docs/errors/server.md). */
const CODES = { away: 'SERVER_NOT_RUNNING', unknown: 'SERVER_NOT_FOUND', refused: 'SERVER_INVALID' } as const;

/** Of commands that ask what the API answers: at the socket of this machine's server, or of another with a token. */
export const SERVER_API_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  ...SERVER_STATE_OPTION,
  api: {
    type: 'string',
    value: 'URL',
    doc: 'ask this API, `https://HOST:8443`, instead of the server of this machine',
  },
  'api-token-file': { type: 'string', value: 'FILE', doc: 'a token of that API, in a file' },
  'api-ca': {
    type: 'string',
    value: 'FILE',
    doc: 'the certificate of its authority (default: those of the system)',
  },
};

export interface ApiQuestion {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
}

/** Asks an operation of the API by its id. */
export type AskApi = (operation: string, question?: ApiQuestion) => Promise<unknown>;

/** @throws UsageError for options that do not go together */
export async function apiOf(args: Parsed): Promise<AskApi> {
  const url = args.text('api');
  if (url === undefined) {
    const { askServer } = await import('@runward/server/admin-client');
    const socket = join(serverStateOf(args), 'server.sock');
    return (operation, { params = {}, query = {}, body } = {}) =>
      askServer(socket, '/api', {
        operation,
        by: personHere(),
        params,
        query,
        ...(body !== undefined && { body }),
      });
  }
  const tokenFile = args.text('api-token-file');
  if (tokenFile === undefined)
    throw new UsageError('`--api` needs a token', 'give its file with `--api-token-file FILE`');
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:')
    throw new UsageError(`\`--api ${url}\` is no address`, 'write `https://HOST:8443`');
  const ca = args.text('api-ca');
  return askOver({
    url: new URL(url),
    token: textOf(tokenFile).trim(),
    ...(ca !== undefined && { ca: textOf(ca) }),
  });
}

interface Api {
  readonly url: URL;
  readonly token: string;
  readonly ca?: string;
}

/** What the document of the API says of an operation. */
interface Place {
  readonly method: string;
  readonly path: string;
}

function askOver(api: Api): AskApi {
  let places: Promise<ReadonlyMap<string, Place>> | undefined;
  return async (operation, { params = {}, query = {}, body } = {}) => {
    places ??= placesOf(api);
    const place = (await places).get(operation);
    if (place === undefined)
      throw new RunwardError(CODES.unknown, `that server has no operation \`${operation}\``, {
        help: 'command and server may be of different versions',
      });
    const path = place.path.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(params[name] ?? ''),
    );
    const search = new URLSearchParams(
      Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
    );
    return send(api, place.method, `${path}${search.size > 0 ? `?${search}` : ''}`, body);
  };
}

async function placesOf(api: Api): Promise<ReadonlyMap<string, Place>> {
  const { paths } = (await send(api, 'GET', '/api/v1/openapi.json', undefined)) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
  }; // what the server makes of its operations
  return new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => [
        operationId,
        { method: method.toUpperCase(), path },
      ]),
    ),
  );
}

function send({ url, token, ca }: Api, method: string, path: string, body: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const unreachable = (cause: Error): void =>
      reject(
        new RunwardError(CODES.away, `no API answers at \`${url.origin}\`: ${cause.message}`, {
          help: 'check the address, and name the authority of its certificate with `--api-ca FILE`',
          cause,
        }),
      );
    const asking = request(
      new URL(path, url),
      {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(ca !== undefined && { ca }),
        timeout: 60_000,
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response
          .on('end', () => answer(response.statusCode ?? 0, text, resolve, reject))
          .on('error', unreachable);
      },
    );
    asking.on('timeout', () => asking.destroy(new Error('no answer within 60 s')));
    asking.on('error', unreachable);
    asking.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function answer(
  status: number,
  text: string,
  resolve: (value: unknown) => void,
  reject: (error: unknown) => void,
): void {
  let said: unknown = {};
  try {
    said = text === '' ? {} : JSON.parse(text);
  } catch {
    reject(new RunwardError(CODES.away, 'what answers is no API of Runward', { help: 'check `--api`' }));
    return;
  }
  if (status < 400) resolve(said);
  else {
    const {
      code = CODES.refused,
      detail = `status ${status}`,
      help = '',
      faults = [],
    } = said as {
      readonly code?: string;
      readonly detail?: string;
      readonly help?: string;
      readonly faults?: readonly { readonly at: string; readonly message: string }[];
    }; // RFC 9457, as our own server says it
    const all = faults.length > 1 ? faults.map(({ at, message }) => `${at}: ${message}`) : [];
    reject(new RunwardError(code, detail, { help: [help, ...all].filter((each) => each !== '').join('\n') }));
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(
      `\`${path}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'check that the file exists and may be read',
    );
  }
}
