import type { Isolated } from '@runward/enforce/isolation';
import type { ContainerInfo } from '@runward/events';
import type { Decision } from '@runward/state';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type IsolationKernel, IsolationService } from './isolation-service.js';

const WHO = { uid: 0, user: 'root', program: 'test' };

function world() {
  const state = new Map<string, Isolated>();
  const decisions: Decision[] = [];
  let strays = 0;
  const kernel: { -readonly [K in keyof IsolationKernel]: IsolationKernel[K] } = {
    refusesUnix: true,
    isolate: async ({ id, name, cgroups, forMs }) => {
      const was = state.has(id);
      state.set(id, {
        ...{ id, name, cgroups, allow: [], sinceMs: 0, leftMs: forMs, refused: 0, lastStoppedMs: undefined },
        dropped: { in: 0, out: 0 },
      });
      return { was, connections: 1, unixConnections: 0 };
    },
    release: (id) => state.delete(id),
    list: () => [...state.values()],
    endStrays: () => {
      strays += 1;
    },
    close: () => undefined,
  };
  const info = (id: string): ContainerInfo =>
    ({ id, name: `name-${id}`, pod: { name: 'pod', namespace: 'ns' } }) as ContainerInfo; // what names it
  const service = new IsolationService({
    kernel,
    targets: async () => ['one', 'two'].map((id) => ({ info: info(id), cgroups: [1, 2] })),
    limits: () => ['something'],
    decisions: { append: (decision) => void decisions.push(decision) },
    say: () => undefined,
  });
  return { service, state, decisions, kernel, strays: () => strays };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('isolation', () => {
  test('of a pod is of each of its containers, and is recorded once', async () => {
    const { service, decisions } = world();
    const answer = await service.isolate({ container: 'ns/pod', allow: [], forMs: undefined }, WHO);
    expect(answer).toMatchObject({
      containers: [{ id: 'one', was: false }, { id: 'two' }],
      notCut: ['something'],
    });
    expect(decisions).toMatchObject([
      { action: 'isolate', who: WHO, isolation: { containers: [{ id: 'one' }, { id: 'two' }] } },
    ]);
    expect((await service.release('pod', WHO)).released).toHaveLength(2);
    await expect(service.release('pod', WHO)).rejects.toThrow('`pod` is not isolated');
    service.close();
  });

  test('of a pod that fails at its second container is recorded for the first, with the reason', async () => {
    const { service, decisions, kernel } = world();
    const { isolate } = kernel;
    kernel.isolate = (request) =>
      request.id === 'two' ? Promise.reject(new Error('no room')) : isolate(request);
    const order = { container: 'ns/pod', allow: [], forMs: undefined };
    await expect(service.isolate(order, WHO)).rejects.toThrow('no room');
    expect(decisions).toMatchObject([
      { action: 'isolate', isolation: { containers: [{ id: 'one' }], problem: 'no room' } },
    ]);
    service.close();
  });

  test('is over when its time is, or its container ended, and that is recorded', async () => {
    const { service, state, decisions, strays } = world();
    await service.isolate({ container: 'one', allow: [], forMs: 5000 }, WHO);
    await service.isolate({ container: 'two', allow: [], forMs: undefined }, WHO);
    await vi.advanceTimersByTimeAsync(1500);
    expect(strays()).toBe(1);
    const [one, two] = [...state.values()];
    if (one !== undefined) state.set('one', { ...one, leftMs: 0 });
    if (two !== undefined) state.set('two', { ...two, cgroups: [] });
    await vi.advanceTimersByTimeAsync(1000);
    expect(service.status().isolated).toEqual([]);
    expect(decisions.slice(2).map(({ isolation }) => (isolation as { why: string }).why)).toEqual([
      'the container ended',
      'its time is over',
    ]);
    service.close();
  });

  test('is released also when that cannot be written down, which is told', async () => {
    const { service, state } = world();
    const full = new IsolationService({
      kernel: { ...kernelOf(state), refusesUnix: true },
      targets: async () => [],
      limits: () => [],
      decisions: {
        append: () => {
          throw new Error('the disk is full');
        },
      },
      say: () => undefined,
    });
    await service.isolate({ container: 'one', allow: [], forMs: undefined }, WHO);
    await full.release('one', WHO);
    expect(full.summary).toEqual({ isolated: 0, problem: 'who decided is not recorded: the disk is full' });
    full.close();
    service.close();
  });

  test('tells what keeps it from being looked after as long as it does', async () => {
    const { service, kernel } = world();
    await service.isolate({ container: 'one', allow: [], forMs: undefined }, WHO);
    const { endStrays } = kernel;
    kernel.endStrays = () => {
      throw new Error('no iterator');
    };
    await vi.advanceTimersByTimeAsync(1000);
    expect(service.summary).toEqual({ isolated: 1, problem: 'no iterator' });
    kernel.endStrays = endStrays;
    await vi.advanceTimersByTimeAsync(1000);
    expect(service.summary).toEqual({ isolated: 1, problem: '' });
    service.close();
  });

  test('tells that decisions are not recorded until one is', async () => {
    const { service, decisions } = world();
    const append = decisions.push.bind(decisions);
    decisions.push = () => {
      throw new Error('the disk is full');
    };
    await service.isolate({ container: 'one', allow: [], forMs: undefined }, WHO);
    expect(service.summary).toEqual({
      isolated: 1,
      problem: 'who decided is not recorded: the disk is full',
    });
    decisions.push = append;
    await service.release('one', WHO);
    expect(service.summary).toEqual({ isolated: 0, problem: '' });
    service.close();
  });
});

const kernelOf = (state: Map<string, Isolated>): Omit<IsolationKernel, 'refusesUnix'> => ({
  isolate: async () => ({ was: false, connections: 0, unixConnections: 0 }),
  release: (id) => state.delete(id),
  list: () => [...state.values()],
  endStrays: () => undefined,
  close: () => undefined,
});
