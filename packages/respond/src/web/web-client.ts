import type { IncomingMessage } from 'node:http';
import { Agent, request as requestHttps } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { RespondError } from '../error.js';
import { readCredential } from './secret.js';

/** A server that is asked over TLS, which is always verified. */
export interface WebServer {
  /** For messages; not its address, which may hold a secret. */
  readonly label: string;
  /** PEM, of the authorities that are trusted for it; without one those that come with Node.js. */
  readonly ca: string | undefined;
  /** PEM, of the client. */
  readonly identity?: { readonly cert: Buffer | string; readonly key: Buffer | string };
  /** PEM in place of the file. */
  readonly caText?: string;
  /** Of one attempt. */
  readonly timeoutMs: number;
  readonly attempts: number;
}

export interface WebRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WebAnswer {
  readonly status: number;
  readonly text: string;
}

const MOST_ANSWER = 4 * 1024 * 1024;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

export const WEB_DEFAULTS = { timeoutMs: 5_000, attempts: 3 } as const;

/**
 * Asks, and asks again where that can help: what did not arrive, 429 and 5xx. Pauses double from 250 ms on; `Retry-After`
 * counts up to 5 s.
 *
 * @throws RespondError RESPOND_UNREACHABLE, RESPOND_SECRET. An answer is an answer, whatever its status: of those that may pass the last.
 */
export async function ask(server: WebServer, make: WebRequest | (() => WebRequest)): Promise<WebAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const isLast = attempt >= server.attempts;
    const outcome = await once(server, typeof make === 'function' ? make() : make).catch((error: unknown) => {
      if (isLast || !(error instanceof RespondError) || error.code !== 'RESPOND_UNREACHABLE') throw error;
      return undefined;
    });
    if (outcome !== undefined && (isLast || !mayPass(outcome.status))) return outcome;
    await sleep(Math.min(outcome?.retryMs ?? FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS));
  }
}

export const mayPass = (status: number): boolean => status === 429 || status >= 500;

async function once(
  { label, ca, caText, identity, timeoutMs }: WebServer,
  { method, url, headers, body }: WebRequest,
): Promise<WebAnswer & { readonly retryMs: number | undefined }> {
  const trusted = caText ?? (ca === undefined ? undefined : readCredential(ca));
  const agent = new Agent({
    ...{ keepAlive: false, minVersion: 'TLSv1.2', rejectUnauthorized: true },
    ...(trusted === undefined ? {} : { ca: trusted }),
    ...identity,
  });
  try {
    return await new Promise((resolve, reject) => {
      const length =
        body === '' && method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const options = { method, agent, signal: AbortSignal.timeout(timeoutMs) };
      const request = requestHttps(
        url,
        { ...options, headers: { 'user-agent': 'runward', ...headers, ...length } },
        (answer) => {
          const { statusCode: status = 0 } = answer;
          const retryMs = retryOf(answer);
          readAnswer(answer).then((text) => resolve({ status, text, retryMs }), reject);
        },
      );
      request.once('error', reject).end(body);
    });
  } catch (cause) {
    throw unreachable(label, cause, timeoutMs);
  } finally {
    agent.destroy();
  }
}

function unreachable(label: string, cause: unknown, timeoutMs: number): RespondError {
  const isLate = cause instanceof Error && (cause.name === 'TimeoutError' || cause.name === 'AbortError');
  const reason = isLate
    ? `no answer within ${timeoutMs} ms`
    : cause instanceof Error
      ? cause.message
      : String(cause);
  return new RespondError('RESPOND_UNREACHABLE', `${label}: ${reason}`, {
    help: 'check that it listens there, and its certificate (`ca` in the settings names its authority)',
    cause,
  });
}

function retryOf({ headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return seconds >= 0 ? seconds * 1000 : undefined;
}

async function readAnswer(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer) {
    const bytes = part as Buffer; // no encoding was set
    size += bytes.length;
    if (size > MOST_ANSWER) throw new Error(`the answer is longer than ${MOST_ANSWER} bytes`);
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The answer as data; undefined when it is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A key of what somebody sent, whatever that is. */
export const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key] // an object: any own key may be asked for
    : undefined;
