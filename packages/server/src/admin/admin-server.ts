import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { parseMessage } from '@runward/protocol/node';
import { z } from 'zod';
import type { BackupOrder } from '../backup/index.js';
import { type Changes, unrecorded } from '../changes/index.js';
import { messageOf, ServerError } from '../error.js';
import { problemOf } from '../link/problem.js';
import type { Link } from '../server.js';
import { OPERATIONS, type Operation } from './operations.js';

/** A reference lists files by the hundred thousand. */
const MOST_BYTES = 24 * 1024 * 1024;

/** What the API answers, asked by whoever is at the machine: who they are is believed, and they may everything. */
export interface OperatorDesk {
  ask(asked: OperatorQuestion): Promise<unknown>;
  backUp(order: BackupOrder, by: string): Promise<unknown>;
}

export interface AdminOptions {
  readonly say: (message: string) => void;
  /** Where changes are put on record; undefined: nowhere. */
  readonly changes: Changes | undefined;
}

const questionSchema = z.strictObject({
  /** The id of an operation of the API. */
  operation: z.string().max(64),
  by: z.string().min(1).max(256),
  params: z.record(z.string(), z.unknown()).default({}),
  query: z.record(z.string(), z.unknown()).default({}),
  body: z.unknown().optional(),
});
export type OperatorQuestion = z.output<typeof questionSchema>;
/** Where operations of the API are asked for. */
const API_PATH = '/api';
const BACKUP_PATH = '/backup';
const backupSchema = z.strictObject({
  by: z.string().min(1).max(256),
  folder: z.string().min(1).max(4096),
  passphrase: z.string().min(12, 'has fewer than 12 characters').max(1024).optional(),
});

/**
 * Where the operator of the machine asks a running server: a Unix socket in its state folder, which is its owner's alone, so
 * whoever can connect may.
 */
export class AdminServer {
  readonly #server: Server;
  readonly #desk: { operator: OperatorDesk | undefined };

  private constructor(server: Server, desk: { operator: OperatorDesk | undefined }) {
    this.#server = server;
    this.#desk = desk;
  }

  /** From now on operations of the API can be asked for as well. */
  answerBy(operator: OperatorDesk): void {
    this.#desk.operator = operator;
  }

  /** @throws ServerError SERVER_STATE_UNUSABLE */
  static async open(path: string, link: Link, { say, changes }: AdminOptions): Promise<AdminServer> {
    if (await answers(path))
      throw new ServerError('SERVER_STATE_UNUSABLE', `a server answers at \`${path}\` already`, {
        help: 'end it first, or give another `--state`',
      });
    rmSync(path, { force: true }); // of one that was killed
    const desk: { operator: OperatorDesk | undefined } = { operator: undefined };
    const server = createServer(
      (request, response) => void answer(request, response, { link, say, changes, desk }),
    );
    const before = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(path, resolve);
      });
    } catch (cause) {
      throw new ServerError('SERVER_STATE_UNUSABLE', `\`${path}\` cannot be made: ${messageOf(cause)}`, {
        cause,
      });
    } finally {
      process.umask(before);
    }
    return new AdminServer(server, desk);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  {
    link,
    say,
    changes,
    desk,
  }: {
    readonly link: Link;
    readonly say: (message: string) => void;
    readonly changes: Changes | undefined;
    readonly desk: { readonly operator: OperatorDesk | undefined };
  },
): Promise<void> {
  let status = 200;
  let body: unknown;
  try {
    const path = request.url ?? '';
    if (path === API_PATH && request.method === 'POST' && desk.operator !== undefined) {
      const question = parseMessage(questionSchema, await bodyOf(request), 'what was asked');
      send(response, 200, (await desk.operator.ask(question)) ?? {});
      return;
    }
    if (path === BACKUP_PATH && request.method === 'POST' && desk.operator !== undefined) {
      const { by, ...order } = parseMessage(backupSchema, await bodyOf(request), 'what was asked');
      send(response, 200, await desk.operator.backUp(order, by));
      return;
    }
    const operation = Object.hasOwn(OPERATIONS, path) ? OPERATIONS[path] : undefined;
    if (operation === undefined || request.method !== 'POST')
      throw new ServerError('SERVER_NOT_FOUND', `there is nothing at \`${path}\``, {
        help: 'command and server may be of different versions',
      });
    const asked = parseMessage(operation.asks, await bodyOf(request), 'what was asked');
    body = await recorded(operation, asked, changes, () => operation.answer(link, asked));
  } catch (error) {
    const problem = problemOf(error);
    if (problem.status === 500) say(`a request failed: ${messageOf(error)}`);
    status = problem.status;
    body = problem;
  }
  send(response, status, body);
}

/** Puts on record what is changed before anybody hears of it; what was asked of a node may have been done where it failed. */
async function recorded(
  { change }: Operation<z.ZodType>,
  asked: unknown,
  changes: Changes | undefined,
  act: () => unknown,
): Promise<unknown> {
  if (change === undefined || changes === undefined) return act();
  if (changes.trouble !== undefined) throw unrecorded(changes.trouble);
  let answered: unknown;
  try {
    answered = await act();
    return answered;
  } finally {
    const { action, by, target, after } = change(asked, answered);
    const who = { id: `operator:${by}`, name: by, through: 'socket', address: 'socket' };
    await changes.record({
      ...{ action, who, target, before: null },
      after: answered === undefined ? { asked: after, failed: true } : after,
    });
  }
}

const send = (response: ServerResponse, status: number, body: unknown): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes = Buffer.from(part as Uint8Array); // no encoding is set
    size += bytes.length;
    if (size > MOST_BYTES) throw new ServerError('SERVER_TOO_LARGE', 'the request is larger than 24 MiB');
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}
