import { Agent, request } from 'node:http';
import { RuntimesError } from '../error.js';
import { LIMITS } from '../limits.js';
import { parseJson } from './json.js';

export interface UnixHttpOptions {
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Requests over a unix socket, with connections kept. Time and size are bounded whatever the other side does. */
export class UnixHttp {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 8, maxFreeSockets: 2 });
  private readonly timeoutMs: number;
  private readonly maxBytes: number;

  constructor(
    readonly socketPath: string,
    options: UnixHttpOptions = {},
  ) {
    this.timeoutMs = options.timeoutMs ?? LIMITS.timeoutMs;
    this.maxBytes = options.maxBytes ?? LIMITS.answerBytes;
  }

  /**
   * The JSON under `path`, or undefined for 404.
   *
   * @throws RuntimesError `RUNTIME_UNREACHABLE`, `RUNTIME_TIMEOUT`, `RUNTIME_REFUSED`,
   * `RUNTIME_ANSWER_TOO_LARGE`, `RUNTIME_ANSWER_MALFORMED`
   */
  async getJson(path: string, signal?: AbortSignal): Promise<unknown> {
    const { status, body } = await this.get(path, signal);
    if (status === 404) return undefined;
    const source = `the answer of ${this.socketPath} to ${path}`;
    if (status !== 200) {
      throw new RuntimesError('RUNTIME_REFUSED', `${source} is status ${status}: ${body.slice(0, 200)}`);
    }
    return parseJson(body, source);
  }

  /**
   * Sends JSON; false for 404.
   *
   * @throws RuntimesError as {@link getJson}
   */
  async postJson(path: string, body: unknown, signal?: AbortSignal): Promise<boolean> {
    const { status, body: said } = await this.exchange('POST', path, signal, JSON.stringify(body));
    if (status === 404) return false;
    if (status >= 200 && status < 300) return true;
    const source = `the answer of ${this.socketPath} to ${path}`;
    throw new RuntimesError('RUNTIME_REFUSED', `${source} is status ${status}: ${said.slice(0, 200)}`);
  }

  close(): void {
    this.agent.destroy();
  }

  private get(path: string, signal?: AbortSignal): Promise<Answer> {
    return this.exchange('GET', path, signal);
  }

  private exchange(method: string, path: string, signal?: AbortSignal, sentBody?: string): Promise<Answer> {
    // The limit covers the whole exchange: a body that drips byte by byte must not hold the caller.
    const limit = AbortSignal.timeout(this.timeoutMs);
    const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown): void => reject(this.wrap(cause, path, limit));
      const sent = request(
        {
          ...{ socketPath: this.socketPath, method, path, agent: this.agent, signal: either },
          headers: {
            host: 'localhost',
            ...(sentBody === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sentBody) }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('data', (chunk: Buffer) => {
            size += chunk.length;
            chunks.push(chunk);
            if (size <= this.maxBytes) return;
            const message = `the answer of ${this.socketPath} to ${path} is larger than ${this.maxBytes} bytes`;
            reject(new RuntimesError('RUNTIME_ANSWER_TOO_LARGE', message));
            response.destroy();
          });
          response.on('error', fail);
          response.on('aborted', () => fail(new Error('connection broken off')));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
          );
        },
      );
      sent.on('error', fail);
      sent.end(sentBody);
    });
  }

  private wrap(cause: unknown, path: string, limit: AbortSignal): RuntimesError {
    if (limit.aborted) {
      const message = `${this.socketPath} did not answer ${path} within ${this.timeoutMs} ms`;
      return new RuntimesError('RUNTIME_TIMEOUT', message, { cause });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new RuntimesError('RUNTIME_UNREACHABLE', `${this.socketPath} cannot be asked: ${reason}`, {
      cause,
    });
  }
}
