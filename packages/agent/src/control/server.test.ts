import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunwardError } from '@runward/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ControlClient } from './client.js';
import { Lines, type Route } from './router.js';
import { ControlServer } from './server.js';
import { statusRoute } from './status.js';

let folder = '';
let socket = '';
const open: ControlServer[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-control-'));
  socket = join(folder, 'agent.sock');
});

afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
  rmSync(folder, { recursive: true });
});

async function serve(...routes: readonly Route[]): Promise<ControlClient> {
  open.push(await ControlServer.open(socket, routes));
  return new ControlClient(socket);
}

const echo: Route = {
  method: 'PUT',
  path: '/v1/things/:name',
  maxBodyBytes: 100,
  answer: ({ parameters, query, body, peer }) => ({
    name: parameters.get('name'),
    loud: query.get('loud'),
    body,
    peer,
  }),
};
const failing = (error: unknown): Route => ({
  method: 'GET',
  path: '/v1/fail',
  answer: () => {
    throw error;
  },
});

/** Code, and status when the agent gave one. */
const refusal = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => 'answered',
    (error: unknown) => {
      const { code, problem } = error as { code: string; problem?: { status: number } };
      return problem === undefined ? code : `${problem.status} ${code}`;
    },
  );

describe('an answer', () => {
  test('has what the path, the query and the body say, and who asks', async () => {
    const client = await serve(echo);
    const answer = await client.ask('PUT', '/v1/things/a%2Fb?loud=yes', { body: { x: 1 } });
    const uid = process.getuid?.();
    expect(answer).toEqual({ name: 'a/b', loud: 'yes', body: { x: 1 }, peer: { pid: process.pid, uid } });
  });

  test('is the status, part by part', async () => {
    const parts = new Map([
      ['agent', (): unknown => ({ pid: 1 })],
      ['policies', async (): Promise<unknown> => Promise.resolve(new Map([['big', 2n ** 60n]]))],
    ]);
    const client = await serve(statusRoute(parts));
    const policies = { big: '1152921504606846976' };
    expect(await client.ask('GET', '/v1/status')).toEqual({ agent: { pid: 1 }, policies });
  });
});

describe('an answer without an end', () => {
  async function* count(signal: AbortSignal, ended: () => void): AsyncGenerator<unknown> {
    try {
      for (let n = 0; !signal.aborted; n += 1) {
        yield { n, text: 'a\nb' };
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    } finally {
      ended();
    }
  }
  const counting = (ended: () => void): Route => ({
    method: 'GET',
    path: '/v1/count',
    timeoutMs: 20, // how long it may take to begin
    answer: ({ signal }) => new Lines(count(signal, ended)),
  });

  test('comes item by item, and its source ends with the asker', async () => {
    const ended = Promise.withResolvers<void>();
    const client = await serve(counting(ended.resolve));
    const seen: unknown[] = [];
    for await (const item of client.lines('/v1/count')) {
      seen.push(item);
      if (seen.length === 30) break;
    }
    await ended.promise;
    expect(seen[29]).toEqual({ n: 29, text: 'a\nb' });
  });

  test('ends when the one who asks is told to stop, or the agent does', async () => {
    const client = await serve(counting(() => undefined));
    const stop = new AbortController();
    for await (const _ of client.lines('/v1/count', stop.signal)) stop.abort();
    const left = client.lines('/v1/count');
    await left.next();
    await open.pop()?.close();
    const rest = async (): Promise<void> => {
      for await (const _ of left);
    };
    expect(await refusal(rest())).toBe('CONTROL_ANSWER_LOST');
  });

  test('may be refused as others', async () => {
    const client = await serve(failing(new RunwardError('ROOM_SAID_NO', 'no')));
    expect(await refusal(client.lines('/v1/fail').next())).toBe('422 ROOM_SAID_NO');
    expect(await refusal(new ControlClient(join(folder, 'none')).lines('/').next())).toBe('CONTROL_NO_AGENT');
  });
});

describe('a refusal', () => {
  test.each([
    ['GET', '/v2', undefined, '404 CONTROL_NOT_FOUND'],
    ['GET', '/v1/things/a', undefined, '405 CONTROL_METHOD_NOT_ALLOWED'],
    ['PUT', '/v1/things/%ff', undefined, '400 CONTROL_BODY_INVALID'],
    ['PUT', '/v1/things/a', { text: 'x'.repeat(200) }, '413 CONTROL_BODY_TOO_LARGE'],
  ])('%s %s says why', async (method, path, body, expected) => {
    const client = await serve(echo);
    expect(await refusal(client.ask(method, path, { body }))).toBe(expected);
  });

  test('of a room keeps its code, of a defect is told as such', async () => {
    const client = await serve(failing(new RunwardError('ROOM_SAID_NO', 'no', { help: 'ask nicely' })));
    const error = await client.ask('GET', '/v1/fail').catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'ROOM_SAID_NO', message: 'no', help: 'ask nicely' });
    await open.pop()?.close();
    expect(await refusal((await serve(failing(new TypeError('oops')))).ask('GET', '/v1/fail'))).toBe(
      '500 CONTROL_INTERNAL',
    );
  });

  test('comes when the answer takes too long, and tells the route', async () => {
    let aborted = false;
    const slow: Route = {
      ...failing(undefined),
      timeoutMs: 20,
      answer: ({ signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            aborted = true;
          });
        }),
    };
    expect(await refusal((await serve(slow)).ask('GET', '/v1/fail'))).toBe('504 CONTROL_TIMED_OUT');
    expect(aborted).toBe(true);
  });

  test('of what is no JSON and no HTTP leaves the others their answers', async () => {
    const client = await serve(echo);
    const say = (text: string): Promise<string> =>
      new Promise((resolve) => {
        let heard = '';
        const connection = createConnection(socket, () => connection.end(text));
        connection.on('data', (data) => {
          heard += data.toString();
        });
        connection.on('close', () => resolve(heard));
      });
    expect(await say('\0\0\0 hello\r\n\r\n')).toBe('');
    const head = 'PUT /v1/things/a HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\n';
    expect(await say(`${head}{`)).toContain('CONTROL_BODY_INVALID');
    expect(await refusal(client.ask('PUT', '/v1/things/a'))).toBe('answered');
  });
});

describe('the place', () => {
  test('is open to its owner alone and empty after the end', async () => {
    const client = await serve(echo);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    await open.pop()?.close();
    expect(await refusal(client.ask('GET', '/v1/status'))).toBe('CONTROL_NO_AGENT');
    expect(() => statSync(socket)).toThrow('ENOENT');
  });

  test('is not taken from a living agent', async () => {
    const client = await serve(echo);
    expect(await refusal(ControlServer.open(socket, []))).toBe('CONTROL_SOCKET_IN_USE');
    expect(await refusal(client.ask('PUT', '/v1/things/a'))).toBe('answered');
  });

  test('is taken over from one that was killed', async () => {
    const bind = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 9))`;
    expect(() => execFileSync(process.execPath, ['-e', bind], { stdio: 'ignore' })).toThrow();
    expect(statSync(socket).isSocket()).toBe(true);
    expect(await refusal((await serve(echo)).ask('PUT', '/v1/things/a'))).toBe('answered');
  });

  test('of a later agent is not removed by the earlier one', async () => {
    await serve(echo);
    rmSync(socket);
    const stranger = createServer().listen(socket);
    await new Promise((resolve) => stranger.once('listening', resolve));
    await open.pop()?.close();
    expect(statSync(socket).isSocket()).toBe(true);
    stranger.close();
  });

  test.each([
    ['with too long a path', () => join(folder, 'x'.repeat(120))],
    ['below a file', () => join(folder, 'file', 'agent.sock')],
  ])('%s is refused', async (_, place) => {
    writeFileSync(join(folder, 'file'), '');
    expect(await refusal(ControlServer.open(place(), []))).toBe('CONTROL_SOCKET_FAILED');
  });
});
