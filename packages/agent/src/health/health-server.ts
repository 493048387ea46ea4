import {
  createServer as createHttp,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { AgentError } from '../error.js';
import type { Canary } from './canary.js';
import { exposition, type Metric } from './exposition.js';
import { canaryMetrics } from './sensor-metrics.js';

export interface HealthPlace {
  readonly host: string;
  readonly port: number;
  /** PEM; undefined: plain HTTP. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
}

/** `GET /metrics` for Prometheus, `GET /healthz`: 200 when a canary was detected, else 503 and why. */
export class HealthServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws AgentError AGENT_METRICS_UNAVAILABLE */
  static async open(
    { host, port, tls }: HealthPlace,
    canary: Canary,
    collect: () => Promise<readonly Metric[]>,
  ): Promise<HealthServer> {
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      respond(request, response, canary, collect).catch(() => response.writeHead(500).end());
    };
    const server =
      tls === undefined ? createHttp(answer) : createHttps({ ...tls, minVersion: 'TLSv1.2' }, answer);
    server.requestTimeout = 5000;
    server.maxConnections = 32;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new AgentError(
        'AGENT_METRICS_UNAVAILABLE',
        `metrics cannot be served at ${host}:${port}: ${why}`,
        {
          help: 'name another address and port with `--metrics`',
          cause,
        },
      );
    }
    server.unref();
    return new HealthServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // it listens on a port, not on a socket file
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

async function respond(
  { method, url }: IncomingMessage,
  response: ServerResponse,
  canary: Canary,
  collect: () => Promise<readonly Metric[]>,
): Promise<void> {
  const path = url?.split('?')[0];
  if (method !== 'GET' || (path !== '/metrics' && path !== '/healthz')) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('there are /metrics and /healthz\n');
    return;
  }
  const found = await canary.check();
  if (path === '/healthz') {
    const status = found.healthy ? 200 : 503;
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(found)}\n`);
    return;
  }
  // What is stuck has no figures to tell, but that.
  const figures = found.healthy ? await collect() : [];
  const text = exposition([...canaryMetrics(found), ...figures]);
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
}
