import { readFileSync, readlinkSync } from 'node:fs';
import type { ContainerInfo } from '@runward/events';
import { parseCgroupPath, type RegistryOptions, RuntimeRegistry } from '@runward/runtimes';
import { ContainerdClient } from '@runward/runtimes/containerd';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runtimes, type TestContainer, testImage } from './harness/index.js';
import { PodmanRuntime } from './harness/podman.js';

const REFERENCE = 'docker.io/runward.test/tools:1';

/** The path in the v2 tree, which the kernel's cgroup id names. */
function cgroupPathOf(pid: number): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  return lines.find((line) => line.startsWith('0::'))?.slice(3) ?? '';
}

/** Command lines and working folders of the processes above `pid`, nearest first. */
function ancestorsOf(pid: number): { args: string[][]; cwds: string[] } {
  const args: string[][] = [];
  const cwds: string[] = [];
  for (let current = parentOf(pid); current > 1 && args.length < 32; current = parentOf(current)) {
    args.push(readFileSync(`/proc/${current}/cmdline`, 'utf8').split('\0').slice(0, -1));
    cwds.push(readlinkSync(`/proc/${current}/cwd`));
  }
  return { args, cwds };
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function lookup(registry: RuntimeRegistry, container: TestContainer): Promise<ContainerInfo> {
  const pid = container.pid ?? 0;
  const cgroupPath = cgroupPathOf(pid);
  const { args, cwds } = ancestorsOf(pid);
  // A path that names no container is one of a plain runtime: its last part is the name.
  const id = parseCgroupPath(cgroupPath)?.id ?? cgroupPath.slice(cgroupPath.lastIndexOf('/') + 1);
  return registry.lookup({ id, cgroupPath, pid, ancestorArgs: args, ancestorCwds: cwds });
}

interface Subject {
  readonly name: keyof typeof runtimes;
  readonly runtime: ContainerInfo['runtime'];
  /** Where a registry finds this one and nothing else. */
  readonly where: (runtime: ReturnType<(typeof runtimes)[keyof typeof runtimes]>) => RegistryOptions;
  readonly lists: boolean;
  readonly version: RegExp;
}

const socketOf = (runtime: { readonly socket?: string }): string => runtime.socket ?? '';

const subjects: readonly Subject[] = [
  { name: 'runc', runtime: 'runc', where: () => ({ sockets: [], roots: [] }), lists: false, version: /^/ },
  { name: 'crun', runtime: 'crun', where: () => ({ sockets: [], roots: [] }), lists: false, version: /^/ },
  {
    name: 'docker',
    runtime: 'docker',
    where: (it) => ({ sockets: [{ runtime: 'docker', path: socketOf(it) }], roots: [] }),
    lists: true,
    version: /^\d+\.\d+/,
  },
  {
    name: 'podman',
    runtime: 'podman',
    where: (it) => ({
      sockets: [],
      roots: it instanceof PodmanRuntime ? [{ runtime: 'podman', path: it.flags[1] ?? '' }] : [],
    }),
    lists: true,
    version: /^$/,
  },
  {
    name: 'containerd',
    runtime: 'containerd',
    where: (it) => ({ sockets: [{ runtime: 'containerd', path: socketOf(it) }], roots: [] }),
    lists: true,
    version: /^1\./,
  },
  {
    name: 'containerd-cri',
    runtime: 'containerd',
    where: (it) => ({ sockets: [{ runtime: 'containerd', path: socketOf(it) }], roots: [] }),
    lists: true,
    version: /^1\./,
  },
];

for (const subject of subjects) {
  const runtime = runtimes[subject.name]();
  describe(`a container of ${subject.name}`, () => {
    let registry: RuntimeRegistry;
    beforeAll(async () => {
      expect(await runtime.available()).toBeUndefined();
      registry = await RuntimeRegistry.discover(subject.where(runtime));
    });
    afterAll(async () => {
      registry?.close();
      await runtime.close();
    });

    it('is known by name, image, mounts, environment and privileges', async () => {
      const container = await runtime.start({
        args: ['sleep', '60'],
        env: { GREETING: 'hello' },
        mounts: [{ source: '/etc', target: '/host', readonly: true }],
      });
      const info = await lookup(registry, container);
      expect(info.metadataProblem).toBe('');
      expect(info).toMatchObject({ id: container.id, runtime: subject.runtime, metadata: 'complete' });
      expect(info.privileged).toBe(false);
      expect(info.env).toContain('GREETING=hello');
      expect(info.mounts).toContainEqual(
        expect.objectContaining({ source: '/etc', destination: '/host', readWrite: false }),
      );
      expect(info).toMatchObject({ hostPid: false, hostNetwork: false, hostIpc: false });
      expect(info.name).toBe(subject.name === 'containerd-cri' ? 'main' : container.name);
      const ageMs = Date.now() - Number(info.createdAtNs / 1_000_000n);
      expect(ageMs).toBeGreaterThanOrEqual(0);
      expect(ageMs).toBeLessThan(60_000);
      if (subject.name !== 'runc' && subject.name !== 'crun') {
        expect(info.image).toBe(REFERENCE);
        expect(info).toMatchObject({ imageRepository: 'docker.io/runward.test/tools', imageTag: '1' });
      }
      await container.remove();
    });

    it('shows that it is privileged and sees the processes of the host', async () => {
      const container = await runtime.start({ args: ['sleep', '60'], privileged: true, hostPid: true });
      const info = await lookup(registry, container);
      expect(info).toMatchObject({ metadata: 'complete', privileged: true });
      // `ctr` joins a namespace by the path of any process, which only says that it is shared with that one.
      if (subject.name !== 'containerd') expect(info.hostPid).toBe(true);
      await container.remove();
    });

    it('is listed while it runs, and not before or after', async () => {
      const container = await runtime.start({ args: ['sleep', '60'] });
      const ids = async (): Promise<string[]> => (await registry.list()).map(({ id }) => id);
      if (subject.lists) expect(await ids()).toContain(container.id);
      await container.remove();
      expect(await ids()).not.toContain(container.id);
    });

    it('comes from a runtime whose state is shown', async () => {
      for (const status of await registry.status()) {
        expect(status).toMatchObject({ runtime: subject.runtime, problem: '', ok: true });
        expect(status.version).toMatch(subject.version);
      }
    });

    it('that is unknown is reported with its identity and the reason', async () => {
      const id = 'ab'.repeat(32);
      const request = { id, cgroupPath: `/docker/${id}`, pid: 0, ancestorArgs: [], runtime: subject.runtime };
      const quick = await RuntimeRegistry.discover({ ...subject.where(runtime), waitMs: 50 });
      const info = await quick.lookup(request);
      expect(info).toMatchObject({ id, runtime: subject.runtime, metadata: 'path-only' });
      expect(info.metadataProblem).toMatch(
        subject.lists ? /does not know it/ : /no container runtime was found/,
      );
      quick.close();
    });

    it('carries the digest by which its image is stored', async () => {
      if (subject.name === 'runc' || subject.name === 'crun') return;
      const image = await testImage();
      const container = await runtime.start({ args: ['sleep', '60'] });
      const info = await lookup(registry, container);
      if (subject.name !== 'containerd') expect(info.imageId).toBe(image.imageId);
      // Docker keeps manifest digests only of images it pulled.
      if (subject.name === 'containerd') expect(info.imageDigest).toBe(image.digest);
      await container.remove();
    });
  });
}

describe('a pod of containerd-cri', () => {
  const runtime = runtimes['containerd-cri']();
  afterAll(() => runtime.close());

  it('is known for its containers and for its own sandbox', async () => {
    expect(await runtime.available()).toBeUndefined();
    const container = await runtime.start({ args: ['sleep', '60'] });
    const registry = await RuntimeRegistry.discover({
      sockets: [{ runtime: 'containerd', path: socketOf(runtime) }],
      roots: [],
    });
    const info = await lookup(registry, container);
    expect(info.pod).toMatchObject({ name: container.name, namespace: 'tests', uid: container.name });
    expect(info.pod?.labels.get('app')).toBe('runward-test');
    expect(info.pod?.ip).toMatch(/^192\.0\.2\.\d+$/);
    expect(info.ip).toBe(info.pod?.ip);
    expect(info.labels.get('io.kubernetes.container.name')).toBe('main');
    const sandboxId = info.pod?.sandboxId ?? '';
    const sandbox = await registry.lookup({ id: sandboxId, cgroupPath: '', pid: 0, ancestorArgs: [] });
    expect(sandbox).toMatchObject({ id: sandboxId, name: container.name, metadata: 'complete' });
    expect(sandbox.image).toContain('pause');
    registry.close();
    await container.remove();
  });

  it('is known to the native API as well, should CRI not answer', async () => {
    const container = await runtime.start({ args: ['sleep', '60'] });
    const client = new ContainerdClient(socketOf(runtime));
    const info = await client.lookup(container.id);
    expect(info).toMatchObject({ id: container.id, name: 'main', image: REFERENCE, runtime: 'containerd' });
    expect(info?.pod).toMatchObject({ name: container.name, namespace: 'tests', uid: container.name });
    const sandboxId = info?.pod?.sandboxId ?? '';
    expect(await client.lookup(sandboxId)).toMatchObject({
      id: sandboxId,
      name: container.name,
      pod: { sandboxId },
    });
    client.close();
    await container.remove();
  });
});
