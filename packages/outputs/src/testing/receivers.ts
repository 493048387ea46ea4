import { createServer as createHttp, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { createServer as createTls, TLSSocket, type TlsOptions } from 'node:tls';

export const portOf = (server: Server | HttpServer): number => (server.address() as AddressInfo).port;

/** Takes octet-counted messages over TCP or TLS, and can end as if it were killed. */
export class StreamReceiver {
  readonly messages: string[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(tls?: TlsOptions) {
    this.#server = tls === undefined ? createTcp((socket) => this.#take(socket)) : createTls(tls, (socket) => this.#take(socket)); // biome-ignore format: one line
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    let rest = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      for (;;) {
        const space = rest.indexOf(' ');
        const length = space < 0 ? Number.NaN : Number(rest.subarray(0, space).toString());
        if (!(rest.length >= space + 1 + length)) return;
        this.messages.push(rest.subarray(space + 1, space + 1 + length).toString());
        rest = rest.subarray(space + 1 + length);
      }
    });
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return portOf(this.#server);
  }

  /** Nothing is read any more, and the connection is reset. */
  async end(): Promise<void> {
    for (const socket of this.#sockets)
      socket instanceof TLSSocket ? socket.destroy() : socket.resetAndDestroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Answers with what `judge` says of each request. */
export class HttpReceiver {
  readonly taken: Received[] = [];
  readonly #server: HttpServer;

  constructor(judge: (received: Received, count: number) => number) {
    let count = 0;
    this.#server = createHttp((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const received = {
          path: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(parts).toString(),
        };
        const status = judge(received, count++);
        if (status === 200) this.taken.push(received);
        response.writeHead(status).end('{}');
      });
    });
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return portOf(this.#server);
  }

  async end(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
