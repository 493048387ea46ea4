import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  dockerEngine,
  dockerInspect,
  serveBytes,
  serveHttp,
  temporaryFolder,
} from '../testing/socket-server.js';
import { type LookupRequest, RuntimeRegistry } from './runtime-registry.js';

const ID = 'ab'.repeat(32);
const request = (more: Partial<LookupRequest> = {}): LookupRequest => ({
  id: ID,
  cgroupPath: `/docker/${ID}`,
  pid: 0,
  ancestorArgs: [],
  ...more,
});
const docker = (path: string) => ({ sockets: [{ runtime: 'docker' as const, path }], roots: [] });

describe('RuntimeRegistry', () => {
  it('waits for metadata that appears after the cgroup', async () => {
    const containers = new Map<string, object>();
    const registry = await RuntimeRegistry.discover(docker(await serveHttp(dockerEngine(containers))));
    const answer = registry.lookup(request());
    await sleep(60);
    containers.set(ID, dockerInspect(ID));
    expect(await answer).toMatchObject({ name: 'web', metadata: 'complete', metadataProblem: '' });
    registry.close();
  });

  it('gives up after the wait and says who was asked and what they said', async () => {
    const socket = await serveHttp(dockerEngine(new Map()));
    const registry = await RuntimeRegistry.discover({ ...docker(socket), waitMs: 50 });
    const info = await registry.lookup(request());
    expect(info).toMatchObject({ id: ID, runtime: 'docker', metadata: 'path-only', name: '' });
    expect(info.metadataProblem).toMatch(/^no answer within \d+ ms; docker \(.*s\.sock\): does not know it$/);
    registry.close();
  });

  it('keeps the pod that the path names', async () => {
    const uid = '9a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
    const registry = await RuntimeRegistry.discover({ sockets: [], roots: [], waitMs: 0 });
    const info = await registry.lookup(request({ cgroupPath: `/kubepods/pod${uid}/${ID}` }));
    expect(info).toMatchObject({ metadata: 'path-only', pod: { uid } });
    expect(info.metadataProblem).toBe('no container runtime was found that could know it');
  });

  it('asks once for look-ups of one container at the same time', async () => {
    let asked = 0;
    const engine = dockerEngine(new Map([[ID, dockerInspect(ID)]]));
    const socket = await serveHttp((incoming, response) => {
      if (incoming.url?.startsWith('/containers/') === true) asked += 1;
      setTimeout(() => engine(incoming, response), 20);
    });
    const registry = await RuntimeRegistry.discover(docker(socket));
    const answers = await Promise.all(Array.from({ length: 50 }, () => registry.lookup(request())));
    expect(new Set(answers).size).toBe(1);
    expect(asked).toBe(1);
    registry.close();
  });

  it('bounds the requests under way', async () => {
    let open = 0;
    let most = 0;
    const socket = await serveHttp((incoming, response) => {
      open += 1;
      most = Math.max(most, open);
      const id = /^\/containers\/([^/]+)/.exec(incoming.url ?? '')?.[1] ?? '';
      setTimeout(() => {
        open -= 1;
        response.end(JSON.stringify(dockerInspect(id)));
      }, 5);
    });
    const registry = await RuntimeRegistry.discover(docker(socket));
    const ids = Array.from({ length: 200 }, (_, index) => index.toString(16).padStart(64, '0'));
    const found = await Promise.all(ids.map((id) => registry.lookup(request({ id }))));
    expect(found.map(({ id, metadata }) => `${metadata} ${id}`)).toEqual(ids.map((id) => `complete ${id}`));
    expect(most).toBeLessThanOrEqual(16);
    registry.close();
  });

  it('finds a runtime that starts after it', async () => {
    const path = join(temporaryFolder(), 'late.sock');
    const registry = await RuntimeRegistry.discover(docker(path));
    expect(await registry.status()).toEqual([]);
    await sleep(1_000);
    await serveHttp(dockerEngine(new Map([[ID, dockerInspect(ID)]])), path);
    expect(await registry.lookup(request())).toMatchObject({ metadata: 'complete' });
    expect(await registry.status()).toHaveLength(1);
    registry.close();
  });

  it('is not held up by a runtime that hangs when another one knows', async () => {
    const hanging = await serveBytes(() => undefined);
    const knowing = await serveHttp(dockerEngine(new Map([[ID, dockerInspect(ID)]])));
    const sockets = [hanging, knowing].map((path) => ({ runtime: 'docker' as const, path }));
    const registry = await RuntimeRegistry.discover({ sockets, roots: [], timeoutMs: 5_000 });
    const startedAtMs = performance.now();
    expect(await registry.lookup(request())).toMatchObject({ metadata: 'complete' });
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
    registry.close();
  });

  it('ends only the wait of the caller who cancels', async () => {
    const containers = new Map<string, object>();
    const registry = await RuntimeRegistry.discover(docker(await serveHttp(dockerEngine(containers))));
    const patient = registry.lookup(request());
    const cancelled = await registry.lookup(request(), AbortSignal.timeout(20));
    expect(cancelled).toMatchObject({ metadata: 'path-only', metadataProblem: 'the look-up was cancelled' });
    containers.set(ID, dockerInspect(ID));
    expect(await patient).toMatchObject({ metadata: 'complete' });
    registry.close();
  });

  it('ends what is under way when closed, and refuses what comes later', async () => {
    const registry = await RuntimeRegistry.discover(docker(await serveBytes(() => undefined)));
    const answer = registry.lookup(request());
    await sleep(10);
    registry.close();
    registry.close();
    expect(await answer).toMatchObject({
      metadata: 'path-only',
      metadataProblem: expect.stringContaining('stops'),
    });
    await expect(registry.lookup(request())).rejects.toMatchObject({ code: 'RUNTIME_CLOSED' });
  });

  it('stops waiting when the container is gone', async () => {
    const registry = await RuntimeRegistry.discover(docker(await serveHttp(dockerEngine(new Map()))));
    const { spawn } = await import('node:child_process');
    const child = spawn('sleep', ['0.1']);
    const startedAtMs = performance.now();
    expect(await registry.lookup(request({ pid: child.pid ?? 0 }))).toMatchObject({ metadata: 'path-only' });
    expect(performance.now() - startedAtMs).toBeLessThan(1_500);
    registry.close();
  });

  it('answers for a hostile id without asking anyone', async () => {
    const registry = await RuntimeRegistry.discover(docker('/nonexistent.sock'));
    for (const id of ['../../etc', '', '..', 'a/b', 'a\0b', '\u202e']) {
      expect(await registry.lookup(request({ id }))).toMatchObject({ id, metadata: 'path-only' });
    }
  });

  it('believes a configured place before one a command line names', async () => {
    const folder = temporaryFolder();
    const state = (root: string, env: string): void => {
      const bundle = join(folder, root, 'bundle');
      mkdirSync(bundle, { recursive: true });
      mkdirSync(join(folder, root, 'web'));
      writeFileSync(join(bundle, 'config.json'), JSON.stringify({ process: { env: [env] } }));
      const content = { id: 'web', config: { labels: [`bundle=${bundle}`] } };
      writeFileSync(join(folder, root, 'web', 'state.json'), JSON.stringify(content));
    };
    state('real', 'FROM=real');
    state('claimed', 'FROM=claimed');
    const roots = [{ runtime: 'runc' as const, path: join(folder, 'real') }];
    const ancestorArgs = [['runc', '--root', join(folder, 'claimed'), 'run', 'web']];
    const registry = await RuntimeRegistry.discover({ sockets: [], roots });
    const plain = request({ id: 'web', cgroupPath: '/web', ancestorArgs });
    expect(await registry.lookup(plain)).toMatchObject({ runtime: 'runc', env: ['FROM=real'] });
    const elsewhere = await RuntimeRegistry.discover({ sockets: [], roots: [] });
    expect(await elsewhere.lookup(plain)).toMatchObject({ env: ['FROM=claimed'] });
  });
});
