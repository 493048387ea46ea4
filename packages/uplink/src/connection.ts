import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
} from 'node:http2';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { checkServerIdentity } from 'node:tls';
import { CLOCK_HEADER, LINK_NAME } from '@runward/protocol';
import { CHANNEL_BINDING } from '@runward/protocol/node';
import { messageOf, UplinkError } from './error.js';

/** What a connection is made with; without `key`, who asks is nobody yet. */
export interface Credentials {
  /** The certificate of the authority that is trusted, PEM; `unknown`: what is said there is not believed. */
  readonly authority: string | 'unknown';
  readonly certificate?: string;
  readonly key?: string;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
}

const MOST_REPLY_BYTES = 1024 * 1024;
const CONNECT_MS = 10_000;

/** `https://HOST[:PORT]` of the server's link. @throws UplinkError UPLINK_ADDRESS_INVALID */
export function serverUrl(text: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(text.includes('://') ? text : `https://${text}`);
  } catch {
    // told below
  }
  const isBare = url !== undefined && url.pathname === '/' && url.search === '' && url.username === '';
  if (url === undefined || url.protocol !== 'https:' || !isBare)
    throw new UplinkError('UPLINK_ADDRESS_INVALID', `\`${text}\` is no address of a server`, {
      help: 'write `https://HOST:PORT`; the port is 7443 where none is given',
    });
  return url;
}

const portOf = (url: URL): string => url.port || '7443';

/** One HTTP/2 connection to a server; made when it is needed, and again after it broke. */
export class Connection {
  readonly #url: URL;
  #credentials: Credentials;
  #session: ClientHttp2Session | undefined;

  constructor(url: URL, credentials: Credentials) {
    this.#url = url;
    this.#credentials = credentials;
  }

  /** Others from now on, over a connection of their own. */
  replace(credentials: Credentials): void {
    this.#credentials = credentials;
    const before = this.#session;
    this.#session = undefined;
    before?.close();
  }

  /** @throws UplinkError UPLINK_UNREACHABLE */
  async #connected(): Promise<ClientHttp2Session> {
    const before = this.#session;
    if (before !== undefined && !before.closed && !before.destroyed) return before;
    const { authority, certificate, key } = this.#credentials;
    const session = connect(`https://${this.#url.hostname}:${portOf(this.#url)}`, {
      ...(authority === 'unknown' ? { rejectUnauthorized: false } : { ca: authority }),
      ...(certificate === undefined ? {} : { cert: certificate, key }),
      ...(isIP(this.#url.hostname) === 0 ? {} : { host: this.#url.hostname }),
      servername: LINK_NAME,
      minVersion: 'TLSv1.3',
      checkServerIdentity: (_, shown) => checkServerIdentity(LINK_NAME, shown),
    });
    this.#session = session;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => session.destroy(new Error('no answer')), CONNECT_MS);
      session.once('connect', () => resolve());
      session.once('close', () => reject(this.#unreachable('it closed the connection')));
      session.once('error', (error) => reject(this.#unreachable(messageOf(error), error)));
      session.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
    });
    session.on('error', () => undefined); // whoever asks next finds it closed
    return session;
  }

  #unreachable(why: string, cause?: unknown): UplinkError {
    const { hostname } = this.#url;
    return new UplinkError(
      'UPLINK_UNREACHABLE',
      `the server \`${hostname}:${portOf(this.#url)}\` cannot be reached: ${why}`,
      { help: 'check address, network and both clocks; it is tried again', cause },
    );
  }

  /** What the server says, whatever that is. @throws UplinkError UPLINK_UNREACHABLE */
  async ask(
    method: 'GET' | 'POST',
    path: string,
    body: Buffer | undefined,
    timeoutMs: number,
    mostBytes = MOST_REPLY_BYTES,
  ): Promise<Reply> {
    const stream = await this.#begin(method, path, body);
    return new Promise((resolve, reject) => {
      let status = 0;
      let size = 0;
      const parts: Buffer[] = [];
      const fail = (why: string): void => {
        stream.destroy();
        reject(this.#unreachable(why));
      };
      // A connection that answers nothing is as good as none.
      stream.setTimeout(timeoutMs, () => {
        this.#session?.destroy();
        fail(`no answer within ${timeoutMs / 1000} s`);
      });
      stream.on('response', (headers: IncomingHttpHeaders & { readonly ':status'?: number }) => {
        status = headers[':status'] ?? 0;
      });
      stream.on('data', (part: Buffer) => {
        size += part.length;
        if (size > mostBytes) fail('its answer has no end');
        else parts.push(part);
      });
      stream.once('error', (error) => fail(messageOf(error)));
      stream.once('close', () => {
        if (status === 0) fail('it closed the connection');
        else resolve({ status, text: Buffer.concat(parts).toString('utf8') });
      });
    });
  }

  /** A stream that is read as long as it lasts. @throws UplinkError UPLINK_UNREACHABLE */
  listen(path: string): Promise<ClientHttp2Stream> {
    return this.#begin('GET', path, undefined);
  }

  async #begin(method: string, path: string, body: Buffer | undefined): Promise<ClientHttp2Stream> {
    const session = await this.#connected();
    try {
      const headers = { ':method': method, ':path': path, [CLOCK_HEADER]: String(Date.now()) };
      const stream = session.request(headers, { endStream: body === undefined });
      if (body !== undefined) stream.end(body);
      return stream;
    } catch (error) {
      throw this.#unreachable(messageOf(error), error);
    }
  }

  /** What both ends of the connection that is open share, and nobody else has. @throws UplinkError UPLINK_UNREACHABLE */
  exporter(): Buffer {
    const socket = this.#session?.socket as TLSSocket | undefined; // of a connection over TLS
    if (socket === undefined || this.#session?.closed !== false)
      throw this.#unreachable('it closed the connection');
    return socket.exportKeyingMaterial(CHANNEL_BINDING.bytes, CHANNEL_BINDING.label, Buffer.alloc(0));
  }

  close(): void {
    this.#session?.destroy();
    this.#session = undefined;
  }
}

/** What the server answered, if it is no refusal. @throws UplinkError UPLINK_REFUSED, with the server's words */
export function accepted({ status, text }: Reply): string {
  if (status < 400) return text;
  let problem: { readonly title?: unknown; readonly code?: unknown; readonly help?: unknown } = {};
  try {
    problem = JSON.parse(text) as typeof problem; // any key may be asked for, and each is checked
  } catch {
    // not ours: the status has to do
  }
  const say = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 500) : '');
  const title = say(problem.title) || `status ${status}`;
  const code = say(problem.code);
  throw new UplinkError('UPLINK_REFUSED', `the server refuses: ${title}${code === '' ? '' : ` [${code}]`}`, {
    help: say(problem.help),
  });
}
