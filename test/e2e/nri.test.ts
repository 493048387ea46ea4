import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ControlServer } from '@runward/agent/control';
import { type CreationOptions, creationRoutes } from '@runward/agent/creation';
import { IndexSource } from '@runward/oci';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ContainerdCriRuntime } from './harness/containerd-cri.js';
import { requireRuntime } from './harness/index.js';
import { type Collected, must, poll, startTied, stop } from './harness/process.js';
import { front, WrapperPlace } from './runtime-wrapper.js';

const repository = resolve(import.meta.dirname, '../..');
const programs = join(repository, 'build/containerd');
const command = join(repository, 'bin/runward');

const place = new WrapperPlace();
const runtime = new ContainerdCriRuntime(undefined, { programs, nri: true });

const etc = (onFailure: 'open' | 'closed'): string => `selector:
  podLabels: {app: runward-test}
mode: protect
onFailure: ${onFailure}
file:
  deny:
    - directory: /etc
      operations: [write]
`;

let server: ControlServer | undefined;
let plugin: Collected | undefined;

const images = { judge: async () => ({ kind: 'trusted' }) as const };

/** What an agent answers the hook, with a kernel that does as it is told. */
async function agent(kernel: CreationOptions['kernel']): Promise<void> {
  const index = new IndexSource(place.state);
  const hook = { program: front, socket: place.socket, state: place.state };
  server = await ControlServer.open(place.socket, []);
  server.mount(creationRoutes({ policies: () => index.policies(), hook, kernel, images }));
}

const registrations = (): number => plugin?.stderr().match(/configured by containerd/g)?.length ?? 0;

async function registered(times: number): Promise<void> {
  const done = await poll(() => registrations() >= times || undefined, 30_000, 50);
  if (done !== true) throw new Error(`the plug-in was not taken: ${plugin?.stderr()}`);
}

describe('the plug-in in containerd 1.7', () => {
  beforeAll(async () => {
    await must(join(repository, 'scripts/fetch-containerd.sh'), [], { timeoutMs: 300_000 });
    await runtime.daemon.started();
    plugin = startTied(command, [
      'nri', '--nri', runtime.daemon.nriSocket, '--socket', place.socket, '--state', place.state,
    ]); // biome-ignore format: pairs belong together
    await registered(1);
  });
  beforeEach((test) => requireRuntime(runtime, test));
  afterEach(async () => {
    await server?.close();
    server = undefined;
    place.withdraw();
  });
  afterAll(async () => {
    if (plugin !== undefined) await stop(plugin);
    await runtime.close();
    await place.close();
  });

  it('has a protected container bound before its first instruction', async () => {
    place.apply({ etc: etc('closed') });
    const seen: { id: string; program: string }[] = [];
    await agent({
      problem: () => undefined,
      bind: async ({ id, pid }) => {
        seen.push({ id, program: readFileSync(`/proc/${pid}/cmdline`, 'utf8') });
      },
    });
    const container = await runtime.start({ args: ['echo', 'ran'] });
    expect(await container.wait()).toBe(0);
    expect((await container.output()).stdout).toBe('ran\n');
    // Its pod's sandbox is no container of the policy's: NRI asks about containers alone.
    expect(seen).toMatchObject([{ id: container.id, program: expect.stringContaining('init') }]);
    await container.remove();
  });

  it.each(['closed', 'open'] as const)(
    'asks onFailure when the kernel cannot enforce: %s',
    async (onFailure) => {
      place.apply({ etc: etc(onFailure) });
      await agent({ problem: () => 'the map is full', bind: () => Promise.reject(new Error('not asked')) });
      const started = runtime.start({ args: ['echo', 'ran'] });
      if (onFailure === 'closed') {
        await expect(started).rejects.toThrow(/nothing can enforce it now: the map is full/);
        return;
      }
      const container = await started;
      expect(await container.wait()).toBe(0);
      await container.remove();
    },
  );

  it('decides without an agent as the wrapper does', async () => {
    place.apply({ etc: etc('closed') });
    await expect(runtime.start({ args: ['echo', 'ran'] })).rejects.toThrow(/no agent is running/);
    place.apply({ etc: etc('open') });
    const container = await runtime.start({ args: ['echo', 'ran'] });
    expect(await container.wait()).toBe(0);
    await container.remove();
  });

  it('leaves containers alone that no policy in protect selects', async () => {
    place.apply({ etc: etc('closed').replace('protect', 'monitor') });
    const container = await runtime.start({ args: ['echo', 'ran'] });
    expect(await container.wait()).toBe(0);
    await container.remove();
  });

  it('refuses every container when the policies cannot be read', async () => {
    place.apply({ etc: etc('open') });
    const broken = readFileSync(place.index, 'utf8').slice(0, -20);
    writeFileSync(place.index, broken);
    await expect(runtime.start({ args: ['echo', 'ran'] })).rejects.toThrow(/index\.json is not JSON/);
  });

  it('connects again when the runtime restarts', async () => {
    await runtime.daemon.restart();
    await registered(2);
    place.apply({ etc: etc('closed') });
    await expect(runtime.start({ args: ['echo', 'ran'] })).rejects.toThrow(/no agent is running/);
  });
});
