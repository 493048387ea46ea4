import { type IncomingMessage, request } from 'node:http';
import { RunwardError } from '@runward/core';
import type { Problem } from './error.js';

export const DEFAULT_SOCKET = '/run/runward/agent.sock';

export type ClientErrorCode = 'CONTROL_NO_AGENT' | 'CONTROL_NOT_PERMITTED' | 'CONTROL_ANSWER_LOST';

/** The agent could not be asked. */
export class ClientError extends RunwardError<ClientErrorCode> {
  override readonly name = 'ClientError';
}

/** The agent was asked and said no; its code is of the room that did. */
export class RefusedError extends RunwardError {
  override readonly name = 'RefusedError';

  constructor(readonly problem: Problem) {
    super(problem.code, problem.title, { help: problem.help });
  }
}

export interface AskOptions {
  readonly body?: unknown;
  /** Default 15,000. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 15_000;
/** Of an answer; what the agent tells is far smaller. */
const MAX_ANSWER = 64 * 1024 * 1024;
const MAX_LINE = 4 * 1024 * 1024;

/** Asks the agent behind a control socket. */
export class ControlClient {
  constructor(readonly socket: string = DEFAULT_SOCKET) {}

  /**
   * The answer, for the caller to check; undefined when it has no body.
   *
   * @throws ClientError CONTROL_NO_AGENT when no agent listens, CONTROL_NOT_PERMITTED, CONTROL_ANSWER_LOST;
   * RefusedError with the agent's problem
   */
  async ask(method: string, path: string, options: AskOptions = {}): Promise<unknown> {
    const text = options.body === undefined ? undefined : JSON.stringify(options.body);
    const { status, body } = await this.#exchange(
      method,
      path,
      text,
      options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    );
    const answer = body === '' ? undefined : this.#parse(body);
    if (status < 300) return answer;
    const problem: Problem = { status, code: 'CONTROL_ANSWER_LOST', title: `status ${status}`, help: '' };
    throw new RefusedError(isProblem(answer) ? answer : problem);
  }

  /** As {@link ask}, but undefined when no agent is running. */
  async askIfRunning(method: string, path: string, options: AskOptions = {}): Promise<unknown> {
    try {
      return await this.ask(method, path, options);
    } catch (error) {
      if (error instanceof ClientError && error.code === 'CONTROL_NO_AGENT') return undefined;
      throw error;
    }
  }

  /**
   * The items of an answer without an end, as they come; ends when the agent does, or the caller stops asking for more.
   *
   * @throws as {@link ask}
   */
  async *lines(path: string, signal?: AbortSignal): AsyncGenerator<unknown> {
    const response = await this.#begin(path, signal);
    response.setEncoding('utf8');
    try {
      if ((response.statusCode ?? 0) >= 300) {
        const problem = this.#parse(await collect(response));
        throw isProblem(problem) ? new RefusedError(problem) : this.#lost(`status ${response.statusCode}`);
      }
      let rest = '';
      for await (const chunk of response as AsyncIterable<string>) {
        const whole = (rest + chunk).split('\n');
        rest = whole.pop() ?? '';
        if (rest.length > MAX_LINE) throw this.#lost(`a line is longer than ${MAX_LINE} characters`);
        for (const line of whole) yield this.#parse(line);
      }
    } catch (error) {
      if (signal?.aborted === true) return;
      throw error instanceof RunwardError ? error : this.#lost(error);
    } finally {
      response.destroy();
    }
  }

  #begin(path: string, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    return new Promise((fulfil, reject) => {
      const options = { socketPath: this.socket, path, agent: false };
      const asked = request({ ...options, ...(signal === undefined ? {} : { signal }) }, fulfil);
      const timer = setTimeout(() => asked.destroy(new Error('it does not answer')), DEFAULT_TIMEOUT_MS);
      asked.on('response', () => clearTimeout(timer));
      asked.on('error', (cause: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        reject(this.#unreachable(cause, DEFAULT_TIMEOUT_MS));
      });
      asked.end();
    });
  }

  #exchange(method: string, path: string, body: string | undefined, timeoutMs: number) {
    return new Promise<{ readonly status: number; readonly body: string }>((fulfil, reject) => {
      const headers =
        body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const asked = request(
        {
          socketPath: this.socket,
          method,
          path,
          headers,
          agent: false,
          signal: AbortSignal.timeout(timeoutMs),
        },
        (response) => {
          collect(response).then(
            (text) => fulfil({ status: response.statusCode ?? 0, body: text }),
            (cause: unknown) => reject(this.#lost(cause)),
          );
        },
      );
      asked.on('error', (cause: NodeJS.ErrnoException) => reject(this.#unreachable(cause, timeoutMs)));
      asked.end(body);
    });
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw this.#lost(cause);
    }
  }

  #lost(cause: unknown): ClientError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new ClientError('CONTROL_ANSWER_LOST', `the agent's answer cannot be read: ${why}`, { cause });
  }

  #unreachable(cause: NodeJS.ErrnoException, timeoutMs: number): ClientError {
    switch (cause.code) {
      case 'ENOENT':
      case 'ECONNREFUSED':
        return new ClientError('CONTROL_NO_AGENT', `no agent is running with the socket \`${this.socket}\``, {
          help: 'start one with `runward run`, or name its socket with `--socket PATH`',
          cause,
        });
      case 'EACCES':
      case 'EPERM':
        return new ClientError('CONTROL_NOT_PERMITTED', `you may not use the socket \`${this.socket}\``, {
          help: 'run the command as root',
          cause,
        });
      case 'ABORT_ERR':
        return new ClientError('CONTROL_ANSWER_LOST', `the agent did not answer within ${timeoutMs} ms`, {
          help: 'it may be busy: try again',
          cause,
        });
      default:
        return this.#lost(cause);
    }
  }
}

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer | string>) {
    length += chunk.length;
    if (length > MAX_ANSWER) throw new Error(`it is larger than ${MAX_ANSWER} bytes`);
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false;
  const { status, code, title, help } = value as Record<string, unknown>; // an object: any key may be asked for
  return typeof status === 'number' && [code, title, help].every((text) => typeof text === 'string');
}
