import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { parseMessage } from '@runward/protocol/node';
import { messageOf, ServerError } from '../error.js';
import { problemOf } from '../link/problem.js';
import type { Link } from '../server.js';
import { OPERATIONS } from './operations.js';

const MOST_BYTES = 64 * 1024;

/**
 * Where the operator of the machine asks a running server: a Unix socket in its state folder, which is its owner's alone, so
 * whoever can connect may.
 */
export class AdminServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws ServerError SERVER_STATE_UNUSABLE */
  static async open(path: string, link: Link, say: (message: string) => void): Promise<AdminServer> {
    if (await answers(path))
      throw new ServerError('SERVER_STATE_UNUSABLE', `a server answers at \`${path}\` already`, {
        help: 'end it first, or give another `--state`',
      });
    rmSync(path, { force: true }); // of one that was killed
    const server = createServer((request, response) => void answer(request, response, link, say));
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
    return new AdminServer(server);
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
  link: Link,
  say: (message: string) => void,
): Promise<void> {
  let status = 200;
  let body: unknown;
  try {
    const path = request.url ?? '';
    const operation = Object.hasOwn(OPERATIONS, path) ? OPERATIONS[path] : undefined;
    if (operation === undefined || request.method !== 'POST')
      throw new ServerError('SERVER_NOT_FOUND', `there is nothing at \`${path}\``, {
        help: 'command and server may be of different versions',
      });
    const asked = parseMessage(operation.asks, await bodyOf(request), 'what was asked');
    body = await operation.answer(link, asked);
  } catch (error) {
    const problem = problemOf(error);
    if (problem.status === 500) say(`a request failed: ${messageOf(error)}`);
    status = problem.status;
    body = problem;
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes = Buffer.from(part as Uint8Array); // no encoding is set
    size += bytes.length;
    if (size > MOST_BYTES) throw new ServerError('SERVER_TOO_LARGE', 'the request is larger than 64 KiB');
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}
