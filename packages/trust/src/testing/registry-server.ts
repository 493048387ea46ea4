import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestRepository } from './test-image.js';

export interface RegistryServerOptions {
  /** Lists referrers itself (OCI 1.1); else clients look at a tag. */
  readonly referrers?: boolean;
  /** Gives out tokens for these credentials, and wants one. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Takes requests and never answers. */
  readonly silent?: boolean;
}

/** A registry on loopback for one repository, as the distribution specification has it; reading only. */
export class RegistryServer {
  private constructor(
    private readonly server: Server,
    readonly host: string,
  ) {}

  static async start(
    repository: TestRepository,
    options: RegistryServerOptions = {},
  ): Promise<RegistryServer> {
    const server = createServer((request, response) => answer(repository, options, request, response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return new RegistryServer(server, `127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}

const TOKEN = 'a-token';

function answer(
  repository: TestRepository,
  { referrers = false, login, silent = false }: RegistryServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (silent) return;
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
  const send = (status: number, body: Buffer | string = '', headers: Record<string, string> = {}): void => {
    response.writeHead(status, headers).end(body);
  };
  if (login !== undefined && url.pathname === '/token') {
    const expected = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
    if (request.headers.authorization === expected) send(200, JSON.stringify({ token: TOKEN }));
    else send(401);
    return;
  }
  if (login !== undefined && request.headers.authorization !== `Bearer ${TOKEN}`) {
    const challenge = `Bearer realm="http://${request.headers.host}/token",service="test",scope="repository:app:pull"`;
    send(401, '', { 'www-authenticate': challenge });
    return;
  }
  const [, kind = '', name = ''] = /\/(manifests|blobs|referrers)\/([^/]+)$/.exec(url.pathname) ?? [];
  if (kind === 'referrers') {
    if (!referrers) send(404);
    else send(200, JSON.stringify({ schemaVersion: 2, manifests: repository.referrers(name) }));
    return;
  }
  const digest = repository.tags.get(name) ?? name;
  const bytes = repository.blobs.get(digest);
  if (bytes === undefined) send(404);
  else if (kind === 'blobs') send(200, bytes);
  else
    send(200, bytes, {
      'content-type': repository.manifests.get(digest) ?? '',
      'docker-content-digest': digest,
    });
}
