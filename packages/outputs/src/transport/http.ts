import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { messageOf, OutputError } from '../error.js';
import { readSecret, type Secret, type TlsFiles, tlsOptions } from './secret.js';
import { ANSWER_MS, type Transport } from './transport.js';

export interface HttpTarget extends TlsFiles {
  readonly url: Secret;
  /** Shown in place of an address that is a secret. */
  readonly label: string;
  readonly headers: Readonly<Record<string, Secret>>;
  readonly type: string;
  readonly most: Transport['most'];
  /** The body of one request. */
  readonly body: (records: readonly Buffer[]) => string | Buffer;
  /** What an answer of 200 may still say against it; '' when nothing. */
  readonly objection?: (answer: string) => string;
}

/** Answers of servers that may take it later. */
const PASSING: ReadonlySet<number> = new Set([401, 403, 404, 407, 408, 409, 425, 429]);
const MOST_ANSWER = 64 * 1024;

/** One request for each batch, which has arrived when the server answers so. */
export class HttpTransport implements Transport {
  readonly most: Transport['most'];
  readonly #target: HttpTarget;
  #agent: HttpAgent | HttpsAgent | undefined;

  constructor(target: HttpTarget) {
    this.#target = target;
    this.most = target.most;
  }

  async send(records: readonly Buffer[]): Promise<void> {
    const { label, headers, type, body, objection } = this.#target;
    const url = this.#address();
    const given = Object.entries(headers).map(([name, secret]) => [name, readSecret(secret)] as const);
    const { status, text } = await this.#post(url, body(records), {
      ...{ 'content-type': type, 'user-agent': 'runward' },
      ...Object.fromEntries(given),
    });
    const against = status >= 200 && status < 300 ? (objection?.(text) ?? '') : `status ${status}`;
    if (against === '') return;
    const isPassing = status >= 500 || status < 400 || PASSING.has(status);
    const isFinal = !isPassing || (status >= 200 && status < 300);
    throw new OutputError(
      isFinal ? 'OUTPUT_REJECTED' : 'OUTPUT_UNREACHABLE',
      `${label} answered: ${against}`,
      {
        help: 'the log of the receiver says why',
      },
    );
  }

  #address(): URL {
    const text = readSecret(this.#target.url);
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
    throw new OutputError('OUTPUT_SECRET', `the address of ${this.#target.label} is no http(s) URL`, {
      help: 'look at what the file or variable holds',
    });
  }

  async #post(
    url: URL,
    body: string | Buffer,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const isTls = url.protocol === 'https:';
    this.#agent ??= isTls
      ? new HttpsAgent({ keepAlive: true, maxSockets: 1, ...tlsOptions(this.#target) })
      : new HttpAgent({ keepAlive: true, maxSockets: 1 });
    const agent = this.#agent;
    try {
      return await new Promise((resolve, reject) => {
        const options = {
          ...{ method: 'POST', agent, signal: AbortSignal.timeout(ANSWER_MS) },
          headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        };
        const answered = (answer: IncomingMessage): void => {
          readAnswer(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject);
        };
        const request = isTls ? requestHttps(url, options, answered) : requestHttp(url, options, answered);
        request.once('error', reject).end(body);
      });
    } catch (cause) {
      await this.close(); // certificates may have changed
      throw new OutputError('OUTPUT_UNREACHABLE', `${this.#target.label}: ${messageOf(cause)}`, {
        help: 'check that the receiver listens there, and its certificate when it is https',
        cause,
      });
    }
  }

  async close(): Promise<void> {
    this.#agent?.destroy();
    this.#agent = undefined;
  }
}

async function readAnswer(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer) {
    const bytes = part as Buffer; // no encoding was set
    size += bytes.length;
    if (size <= MOST_ANSWER) parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}
