import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { preventRestarts, restartsOf } from './restarts.js';

const ID = 'ab'.repeat(32);
const DOCKER = { id: ID, runtime: 'docker', pod: '' };

let folder: string;
const servers: { close(): unknown }[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-restarts-'));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true, force: true });
});

function listen(server: Server, name: string): Promise<string> {
  const path = join(folder, name);
  servers.push(server);
  return new Promise((resolve) => server.listen(path, () => resolve(path)));
}

const engine = (updates: string[], status = 200): Promise<string> =>
  listen(
    createHttp((request, response) => {
      if (request.method === 'GET') {
        const body = { Id: ID, HostConfig: { RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } } };
        response.end(JSON.stringify(body));
        return;
      }
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on('end', () => {
        updates.push(text);
        response.writeHead(status).end('{}');
      });
    }),
    'docker.sock',
  );

describe('who would start a container again', () => {
  test('is asked of its engine, which is told not to', async () => {
    const updates: string[] = [];
    const path = await engine(updates);
    const found = await restartsOf(DOCKER, [{ runtime: 'docker', path }]);
    expect(found).toEqual({ engine: { socket: path, policy: { Name: 'always', MaximumRetryCount: 0 } } });
    expect(await preventRestarts(ID, path)).toBe('');
    expect(updates).toEqual(['{"RestartPolicy":{"Name":"no"}}']);
  });

  test('is said where an engine cannot change it', async () => {
    const path = await engine([], 404);
    expect(await preventRestarts(ID, path)).toContain('cannot change when a container is restarted');
  });

  test('is given up on when the engine never answers', async () => {
    const connections = new Set<{ destroy(): void }>();
    const path = await listen(
      createServer((socket) => void connections.add(socket)),
      'hangs.sock',
    );
    const found = await restartsOf(DOCKER, [{ runtime: 'docker', path }]);
    expect(found).toEqual({ problem: expect.stringContaining('did not answer') as string });
    for (const each of connections) each.destroy();
  });

  test.each([
    [{ ...DOCKER, runtime: 'runc' }, {}],
    [{ ...DOCKER, pod: 'shop/web' }, { problem: expect.stringContaining('kubelet') as string }],
    [{ ...DOCKER, runtime: 'podman' }, { problem: 'no socket of podman knows the container' }],
  ])('of %j is known without asking', async (target, expected) => {
    expect(await restartsOf(target, [])).toEqual(expected);
  });
});
