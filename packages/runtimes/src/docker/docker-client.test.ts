import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  dockerEngine,
  dockerInspect,
  serveBytes,
  serveHttp,
  temporaryFolder,
} from '../testing/socket-server.js';
import { DockerClient } from './docker-client.js';

const ID = 'ab'.repeat(32);
const QUICK = { timeoutMs: 150, maxBytes: 4096 };

describe('DockerClient', () => {
  it('reads what the engine knows of a container', async () => {
    const socket = await serveHttp(dockerEngine(new Map([[ID, dockerInspect(ID)]])));
    const client = new DockerClient('docker', socket);
    expect(await client.lookup(ID)).toMatchObject({
      id: ID,
      runtime: 'docker',
      name: 'web',
      image: 'registry.test:5000/app',
      imageRepository: 'registry.test:5000/app',
      imageTag: 'latest',
      imageId: `sha256:${'1f'.repeat(32)}`,
      ip: '172.18.0.2',
      user: 'web',
      env: ['A=b'],
      privileged: false,
      hostNetwork: true,
      hostPid: false,
      createdAtNs: 1795473276384123754n,
      mounts: [{ source: '/x', destination: '/a', mode: 'ro', readWrite: false, propagation: 'rprivate' }],
    });
    expect(await client.lookup('cd'.repeat(32))).toBeUndefined();
    client.close();
  });

  it('does not take a container of another id for the one asked for', async () => {
    const socket = await serveHttp(dockerEngine(new Map([['web', dockerInspect(ID)]])));
    expect(await new DockerClient('docker', socket).lookup('web')).toBeUndefined();
  });

  it.each(['../version', 'a/b', '..', '', 'a b', 'a\0b', 'a?x=1', 'é', 'a'.repeat(2000)])(
    'refuses the id %j before it reaches a URL',
    async (id) => {
      const client = new DockerClient('docker', '/nonexistent.sock');
      await expect(client.lookup(id)).rejects.toMatchObject({ code: 'CONTAINER_ID_INVALID' });
    },
  );

  it('fails with a code when nobody listens', async () => {
    const client = new DockerClient('docker', join(temporaryFolder(), 'none.sock'));
    await expect(client.lookup(ID)).rejects.toMatchObject({ code: 'RUNTIME_UNREACHABLE' });
    expect(await client.status()).toMatchObject({ ok: false, problem: expect.stringContaining('none.sock') });
  });

  it.each([
    ['says nothing', () => undefined, 'RUNTIME_TIMEOUT'],
    ['hangs up', (s: Talker) => s.destroy(), 'RUNTIME_UNREACHABLE'],
    ['does not speak HTTP', (s: Talker) => s.end('hello\r\n\r\n'), 'RUNTIME_UNREACHABLE'],
    ['drips forever', drip, 'RUNTIME_TIMEOUT'],
    [
      'stops half-way',
      (s: Talker) => s.end(`${HEAD}content-length: 100\r\n\r\n{"Id"`),
      'RUNTIME_UNREACHABLE',
    ],
    ['answers without end', flood, 'RUNTIME_ANSWER_TOO_LARGE'],
    ['answers no JSON', (s: Talker) => s.end(`${HEAD}\r\nnot json`), 'RUNTIME_ANSWER_MALFORMED'],
    ['answers a list', (s: Talker) => s.end(`${HEAD}\r\n[1]`), 'RUNTIME_ANSWER_MALFORMED'],
    ['answers null', (s: Talker) => s.end(`${HEAD}\r\nnull`), 'RUNTIME_ANSWER_MALFORMED'],
    [
      'answers an id that is no text',
      (s: Talker) => s.end(`${HEAD}\r\n{"Id":{}}`),
      'RUNTIME_ANSWER_MALFORMED',
    ],
    ['fails itself', (s: Talker) => s.end('HTTP/1.1 500 No\r\n\r\nbroken'), 'RUNTIME_REFUSED'],
  ])('fails with a code when the engine %s', async (_, talk, code) => {
    const socket = await serveBytes((connection) => connection.once('data', () => talk(connection)));
    const client = new DockerClient('docker', socket, QUICK);
    await expect(client.lookup(ID)).rejects.toMatchObject({ code });
    client.close();
  });

  it('takes fields of wrong types for absent', async () => {
    const odd = {
      Id: ID,
      Name: 7,
      Config: [],
      HostConfig: null,
      Mounts: [null, 3],
      NetworkSettings: 'x',
      State: 1,
    };
    const socket = await serveHttp(dockerEngine(new Map([[ID, odd]])));
    expect(await new DockerClient('docker', socket).lookup(ID)).toMatchObject({
      name: '',
      image: '',
      privileged: undefined,
      startedAtNs: 0n,
    });
  });

  it('lists nothing rather than failing when containers vanish meanwhile', async () => {
    const socket = await serveHttp((request, response) => {
      if (request.url === '/containers/json') response.end(JSON.stringify([{ Id: ID }, { Id: '../x' }, 7]));
      else response.writeHead(404).end('{}');
    });
    expect(await new DockerClient('docker', socket).list()).toEqual([]);
  });
});

interface Talker {
  write(data: string): boolean;
  end(data: string): unknown;
  destroy(): unknown;
  readonly destroyed: boolean;
}

const HEAD = 'HTTP/1.1 200 OK\r\nconnection: close\r\n';

function drip(connection: Talker): void {
  connection.write(`${HEAD}\r\n`);
  const timer = setInterval(() => {
    if (connection.destroyed) clearInterval(timer);
    else connection.write(' ');
  }, 20);
}

function flood(connection: Talker): void {
  connection.write(`${HEAD}\r\n`);
  const timer = setInterval(() => {
    if (connection.destroyed) clearInterval(timer);
    else connection.write(' '.repeat(10_000));
  }, 1);
}
