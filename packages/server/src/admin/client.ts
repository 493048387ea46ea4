/** Asks a running server over its Unix socket; needs nothing else of the server. */
import { request } from 'node:http';
import { RunwardError } from '@runward/core';
import { messageOf, ServerError } from '../error.js';

export type { ListedNode } from './operations.js';

/** What the server said, in its words. */
export class RefusedError extends RunwardError {}

/** @throws ServerError SERVER_NOT_RUNNING; RefusedError with the server's code */
export async function askServer(socket: string, path: string, body: unknown): Promise<unknown> {
  const { status, text } = await exchange(socket, path, JSON.stringify(body));
  const answer: unknown = JSON.parse(text);
  if (status < 400) return answer;
  const {
    code,
    title,
    help,
    faults = [],
  } = answer as {
    readonly code: string;
    readonly title: string;
    readonly help: string;
    readonly faults?: readonly { readonly at: string; readonly message: string }[];
  }; // our own server's
  // The first is in the title.
  const all = faults.length > 1 ? faults.map(({ at, message }) => `${at}: ${message}`) : [];
  throw new RefusedError(code, title, { help: [help, ...all].filter((each) => each !== '').join('\n') });
}

function exchange(
  socketPath: string,
  path: string,
  body: string,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path, method: 'POST' }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text })).on('error', reject);
    });
    asking.on('error', (cause) =>
      reject(
        new ServerError('SERVER_NOT_RUNNING', `no server answers at \`${socketPath}\`: ${messageOf(cause)}`, {
          help: 'start `runward server`, or give its `--state`; only its own user and root may ask',
          cause,
        }),
      ),
    );
    asking.end(body);
  });
}
