import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of its own, removed with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'runward-rt-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function listen(server: Server | HttpServer, path: string): Promise<string> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return path;
}

/** Serves HTTP on a unix socket as long as the test lasts; its path. */
export const serveHttp = (
  answer: RequestListener,
  path = join(temporaryFolder(), 's.sock'),
): Promise<string> => listen(createHttpServer(answer), path);

/** Serves bytes on a unix socket as long as the test lasts; its path. */
export const serveBytes = (
  talk: (socket: Socket) => void,
  path = join(temporaryFolder(), 's.sock'),
): Promise<string> => listen(createServer(talk), path);

/** What Docker says about a running container. */
export const dockerInspect = (id: string, name = 'web'): object => ({
  Id: id,
  Name: `/${name}`,
  Image: `sha256:${'1f'.repeat(32)}`,
  Created: '2026-11-23T22:34:36.384123754Z',
  State: { StartedAt: '2026-11-23T22:34:37Z' },
  Config: { Image: 'registry.test:5000/app', Env: ['A=b'], Labels: { team: 'blue' }, User: 'web' },
  HostConfig: { Privileged: false, NetworkMode: 'host', PidMode: '', IpcMode: 'private' },
  Mounts: [{ Source: '/x', Destination: '/a', Mode: 'ro', RW: false, Propagation: 'rprivate' }],
  NetworkSettings: { IPAddress: '', Networks: { a: { IPAddress: '' }, b: { IPAddress: '172.18.0.2' } } },
});

/** A Docker Engine that knows these containers and no image. */
export const dockerEngine =
  (containers: Map<string, object>): RequestListener =>
  (request, response) => {
    const [, id = ''] = /^\/containers\/([^/]+)\/json$/.exec(request.url ?? '') ?? [];
    const found = containers.get(id);
    response.statusCode = found === undefined ? 404 : 200;
    response.end(JSON.stringify(found ?? { message: `No such container: ${id}` }));
  };
