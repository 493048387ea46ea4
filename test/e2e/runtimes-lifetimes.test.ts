import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerInfo } from '@runward/events';
import { parseCgroupPath, RuntimeRegistry } from '@runward/runtimes';
import { afterAll, describe, expect, it } from 'vitest';
import { runtimes, testImage, uniqueName } from './harness/index.js';
import { PodmanRuntime } from './harness/podman.js';
import { type CommandResult, must, poll, run, start, stop } from './harness/process.js';
import { cgroupMounts, Scratch } from './harness/scratch.js';

const REFERENCE = 'docker.io/runward.test/tools:1';
const NAP = ['sleep', '0.05'];

/** The v2 tree: on a hybrid host it is mounted beside the controllers. */
const V2 = cgroupMounts().find((mount) => mount.endsWith('/unified')) ?? '/sys/fs/cgroup';

/** Looks a container up as soon as its cgroup exists, as the sensor does, and returns what was found. */
async function caught(
  registry: RuntimeRegistry,
  parent: string,
  work: () => Promise<CommandResult>,
): Promise<ContainerInfo> {
  const folders = (): string[] => {
    try {
      return readdirSync(join(V2, parent)).filter(
        (name) => parseCgroupPath(`/${parent}/${name}`) !== undefined,
      );
    } catch {
      return [];
    }
  };
  const before = new Set(folders());
  let ended = false;
  const done = work().finally(() => {
    ended = true;
  });
  const name = await poll(
    () => folders().find((folder) => !before.has(folder)) ?? (ended ? '' : undefined),
    20_000,
    1,
  );
  const cgroupPath = `/${parent}/${name}`;
  const id = parseCgroupPath(cgroupPath)?.id ?? '';
  const info = await registry.lookup({ id, cgroupPath, pid: 0, ancestorArgs: [] });
  expect(await done).toMatchObject({ code: 0 });
  return info;
}

describe('a container that lives 50 ms and is removed at once', () => {
  const docker = runtimes.docker();
  const podman = new PodmanRuntime();
  afterAll(async () => {
    await docker.close();
    await podman.close();
  });

  it('is known to Docker', async () => {
    expect(await docker.available()).toBeUndefined();
    const sockets = [{ runtime: 'docker' as const, path: docker.socket ?? '' }];
    const registry = await RuntimeRegistry.discover({ sockets, roots: [] });
    const name = uniqueName();
    const info = await caught(registry, 'docker', () =>
      run('docker', [
        '--host',
        `unix://${docker.socket}`,
        'run',
        '--rm',
        '--network=none',
        '--name',
        name,
        REFERENCE,
        ...NAP,
      ]),
    );
    expect(info).toMatchObject({ name, metadata: 'complete', metadataProblem: '' });
    registry.close();
  });

  it('is known to Podman', async () => {
    expect(await podman.available()).toBeUndefined();
    const roots = [{ runtime: 'podman' as const, path: podman.flags[1] ?? '' }];
    const registry = await RuntimeRegistry.discover({ sockets: [], roots });
    const name = uniqueName();
    const info = await caught(registry, 'libpod_parent', () =>
      run('podman', [
        ...podman.flags,
        'run',
        '--rm',
        '--network=none',
        '--pull=never',
        '--name',
        name,
        REFERENCE,
        ...NAP,
      ]),
    );
    expect(info).toMatchObject({ name, metadata: 'complete', metadataProblem: '' });
    registry.close();
  });
});

describe('the service of Podman', () => {
  const podman = new PodmanRuntime();
  const scratch = new Scratch('podapi');
  afterAll(async () => {
    await podman.close();
    await scratch.remove();
  });

  it('answers where it runs, so that the storage need not be read', async () => {
    expect(await podman.available()).toBeUndefined();
    const socket = scratch.below('p.sock');
    const service = start('podman', [...podman.flags, 'system', 'service', '--time=0', `unix://${socket}`]);
    try {
      const registry = await RuntimeRegistry.discover({
        sockets: [{ runtime: 'podman', path: socket }],
        roots: [{ runtime: 'podman', path: podman.flags[1] ?? '' }],
      });
      await poll(
        async () =>
          (await registry.status()).some((each) => each.endpoint === socket && each.ok) || undefined,
        15_000,
      );
      const container = await podman.start({ args: ['sleep', '60'], env: { GREETING: 'hello' } });
      const info = await registry.lookup({
        id: container.id,
        cgroupPath: `/libpod_parent/libpod-${container.id}`,
        pid: container.pid ?? 0,
        ancestorArgs: [],
      });
      expect(info).toMatchObject({
        id: container.id,
        runtime: 'podman',
        name: container.name,
        metadata: 'complete',
      });
      expect(info.startedAtNs).toBeGreaterThan(0n);
      expect(info.env).toContain('GREETING=hello');
      expect((await registry.list()).map(({ id }) => id)).toEqual([container.id]);
      registry.close();
      await container.remove();
    } finally {
      await stop(service);
    }
  });
});

describe('a bundle that umoci unpacked', () => {
  const scratch = new Scratch('umoci');
  afterAll(() => scratch.remove());

  it('is known by its image, also after runc forgot it', async () => {
    const image = await testImage();
    const layout = scratch.below('layout');
    const bundle = scratch.below('bundle');
    mkdirSync(layout);
    await must('tar', ['-C', layout, '-xf', image.archive]);
    await must('umoci', ['unpack', '--image', `${layout}:1`, bundle]);
    const file = join(bundle, 'config.json');
    // Our own file, of the shape the specification gives it.
    const spec = JSON.parse(readFileSync(file, 'utf8')) as { process: Record<string, unknown> };
    Object.assign(spec.process, { terminal: false, args: ['sleep', '60'], rlimits: undefined });
    writeFileSync(file, JSON.stringify(spec));
    const id = uniqueName();
    const argv = ['runc', '--root', scratch.below('state'), 'run', '--detach', '--bundle', bundle, id];
    await must('sh', ['-c', 'exec "$@" <&- >/dev/null 2>&1', 'sh', ...argv]);
    const registry = await RuntimeRegistry.discover({ sockets: [], roots: [], waitMs: 50 });
    const request = { id, cgroupPath: `/${id}`, pid: 0, ancestorArgs: [argv] };
    const known = {
      runtime: 'runc',
      image: image.reference,
      imageDigest: image.digest,
      metadata: 'complete',
    };
    expect(await registry.lookup(request)).toMatchObject({ ...known, name: id });
    const configured = await RuntimeRegistry.discover({
      sockets: [],
      roots: [{ runtime: 'runc', path: scratch.below('state') }],
    });
    expect(await configured.list()).toMatchObject([{ id, ...known }]);
    await run('runc', ['--root', scratch.below('state'), 'delete', '--force', id]);
    expect(await configured.list()).toEqual([]);
    expect(await registry.lookup(request)).toMatchObject({ ...known, createdAtNs: 0n });
    registry.close();
  });
});
