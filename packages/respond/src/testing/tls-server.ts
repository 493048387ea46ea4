import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';

export interface Asked {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Common name of the client's certificate; ''. */
  readonly client: string;
}

export interface Told {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A certificate of its own for 127.0.0.1, which is its own authority too. */
export interface Certificate {
  readonly folder: string;
  readonly cert: string;
  readonly key: string;
  remove(): void;
}

export function makeCertificate(name = 'localhost'): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'runward-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = [
    '-subj',
    `/CN=${name}`,
    '-addext',
    'subjectAltName=IP:127.0.0.1,DNS:localhost',
    '-days',
    '2',
  ];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  });
  return { folder, cert, key, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** An HTTPS server on loopback that remembers what it was asked. */
export class TlsServer {
  readonly asked: Asked[] = [];
  readonly #server: Server;

  /** With `clients` it takes only callers with a certificate of that authority, where they show one. */
  constructor(
    certificate: Certificate,
    answer: ((asked: Asked) => Told | Promise<Told>) | RequestListener,
    clients?: string,
  ) {
    const tls = {
      ...{ cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) },
      ...(clients === undefined
        ? {}
        : { ca: readFileSync(clients), requestCert: true, rejectUnauthorized: false }),
    };
    this.#server = createServer(tls, (request, response) => {
      if (answer.length === 2) (answer as RequestListener)(request, response);
      else void this.#answer(request, response, answer as (asked: Asked) => Told | Promise<Told>);
    });
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    answer: (asked: Asked) => Told | Promise<Told>,
  ): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = '', url: path = '', headers } = request;
    const socket = request.socket as TLSSocket; // of an https server
    const client = socket.authorized ? String(socket.getPeerCertificate().subject?.CN ?? '') : '';
    const asked = { method, path, headers, body: Buffer.concat(parts).toString('utf8'), client };
    this.asked.push(asked);
    const { status, headers: told = {}, body = '' } = await answer(asked);
    response.writeHead(status, told).end(body);
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
