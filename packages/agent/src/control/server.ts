import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { readBody } from './body.js';
import { ControlError, type Problem, problemOf } from './error.js';
import { Lines, type Peer, type Route, Router } from './router.js';
import { claimSocket, peerOf, type SocketClaim } from './socket.js';

/** Somebody asked for a change. */
export interface ChangeRequest {
  readonly peer: Peer;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  /** Of the answer. */
  readonly status: number;
}

const DEFAULT_BODY = 64 * 1024;
const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 64;
const MAX_HEADER = 8 * 1024;
const HEADERS_TIMEOUT_MS = 5_000;
/** A whole request; a body of megabytes from a slow machine takes a moment. */
const REQUEST_TIMEOUT_MS = 30_000;
const IDLE_MS = 5_000;

/**
 * What operators and tools ask the agent: HTTP/1.1 with JSON over a Unix socket that only root and the agent's own user
 * can use. It works on the main thread; nothing here touches the sensor's.
 */
export class ControlServer {
  readonly path: string;
  readonly #claim: SocketClaim;
  readonly #router = new Router();
  readonly #server: Server;
  readonly #peers = new WeakMap<Socket, Peer>();
  /** Told of every request that asks for a change, once it is answered. */
  onChange: (request: ChangeRequest) => void = () => undefined;

  private constructor(claim: SocketClaim) {
    this.#claim = claim;
    this.path = claim.path;
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEADER,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: IDLE_MS,
        connectionsCheckingInterval: 1000,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('connection', (socket: Socket) => this.#meet(socket));
    this.#server.on('clientError', (_, socket) => socket.destroy());
  }

  /** @throws SocketError CONTROL_SOCKET_IN_USE, CONTROL_SOCKET_FAILED */
  static async open(path: string, routes: readonly Route[]): Promise<ControlServer> {
    const control = new ControlServer(claimSocket(path));
    control.mount(routes);
    try {
      await control.#claim.listen(control.#server);
    } catch (error) {
      control.#claim.release();
      throw error;
    }
    return control;
  }

  mount(routes: readonly Route[]): void {
    this.#router.mount(routes);
  }

  /** Answers nobody any more and gives the place back. Idempotent. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    this.#claim.release();
  }

  #meet(socket: Socket): void {
    const peer = peerOf(socket);
    const isOurs = peer !== undefined && (peer.uid === 0 || peer.uid === process.getuid?.());
    // The mode of the socket keeps others out already; that much is not left to one line of defence.
    if (isOurs) this.#peers.set(socket, { pid: peer.pid, uid: peer.uid });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const abort = new AbortController();
    response.on('close', () => abort.abort());
    try {
      const answer = await this.#answer(request, abort);
      if (answer instanceof Lines) await sendLines(response, answer, abort.signal);
      else send(response, answer === undefined ? 204 : 200, 'application/json', answer);
    } catch (error) {
      const problem = problemOf(error);
      // The rest of a body that was refused is not read: the connection cannot be used again.
      if (!request.complete) response.setHeader('connection', 'close');
      send(response, problem.status, 'application/problem+json', problem satisfies Problem);
    }
  }

  async #answer(request: IncomingMessage, abort: AbortController): Promise<unknown> {
    const peer = this.#peers.get(request.socket);
    if (peer === undefined)
      throw new ControlError('CONTROL_FORBIDDEN', 'only root and the user of the agent may ask', {
        help: 'run the command as root',
      });
    const url = new URL(request.url ?? '/', 'http://agent');
    const { route, parameters } = this.#router.match(request.method ?? 'GET', url.pathname);
    const body = await readBody(request, route.maxBodyBytes ?? DEFAULT_BODY);
    const { signal } = abort;
    const asked = Promise.resolve(route.answer({ peer, parameters, query: url.searchParams, body, signal }));
    const answer = within(route.timeoutMs ?? DEFAULT_TIMEOUT_MS, asked, abort);
    if (route.method === 'GET') return answer;
    const change = { peer, method: route.method, path: url.pathname, body };
    return answer.then(
      (value) => {
        this.onChange({ ...change, status: 200 });
        return value;
      },
      (error: unknown) => {
        this.onChange({ ...change, status: problemOf(error).status });
        throw error;
      },
    );
  }
}

async function within<T>(timeoutMs: number, asked: Promise<T>, abort: AbortController): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new ControlError('CONTROL_TIMED_OUT', `no answer within ${timeoutMs} ms`));
    abort.abort();
  }, timeoutMs);
  try {
    return await Promise.race([asked, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function send(response: ServerResponse, status: number, type: string, body: unknown): void {
  if (response.destroyed) return;
  const text = body === undefined ? '' : `${JSON.stringify(body, plain)}\n`;
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** Waits for an asker that reads slowly; what comes meanwhile is for the source of the lines to keep or count. */
async function sendLines(response: ServerResponse, { items }: Lines, signal: AbortSignal): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  try {
    for await (const item of items) {
      if (response.destroyed) return;
      if (!response.write(`${JSON.stringify(item, plain)}\n`)) await once(response, 'drain', { signal });
    }
  } catch {
    // The asker went away, or the source failed in the middle: either way the answer ends here, visibly cut.
    response.destroy();
    return;
  }
  response.end();
}

/** JSON of what the rooms hand out: large numbers as text, maps as objects. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  return value instanceof Map ? Object.fromEntries(value) : value;
}
