import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RuntimePolicy, WorkloadProfile } from '@runward/policy';
import { testPolicy } from '@runward/policy/testing';
import { ProfileStore } from '@runward/state';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LearningAgent, LearningService } from './learning-service.js';
import type { LearnOrders, LearnReport } from './order.js';

let folder = '';
let store: ProfileStore;
const open: LearningService[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-learning-'));
  store = new ProfileStore(folder);
});
afterEach(() => {
  for (const service of open.splice(0)) service.close();
  rmSync(folder, { recursive: true, force: true });
});

const profile = (workload: string, watchedMs = 1000): WorkloadProfile => ({
  ...{ format: 1, workload, images: ['nginx:1'], imageDigests: [], namespaces: [], containerNames: ['web'] },
  coverage: {
    ...{ firstMs: 1, lastMs: 1 + watchedMs, watchedMs, replicas: 1, starts: 1, sessions: 1, lastNewMs: 1 },
    lostRecords: 0,
  },
  ...{ processes: [], files: [], network: [], capabilities: [], syscalls: [], kernelSurface: [] },
  privilege: { setuidExecution: false, gainedPrivileges: false, wroteRoot: false, uids: [0] },
});

/** An agent that has seen a container of everything it was ordered to learn. */
class FakeAgent implements LearningAgent {
  orders: LearnOrders = { session: '', orders: [] };
  #take: (report: LearnReport) => void = () => undefined;
  learn(orders: LearnOrders): void {
    this.orders = orders;
  }
  onLearnt(take: (report: LearnReport) => void): void {
    this.#take = take;
  }
  learnt(): Promise<LearnReport> {
    const profiles = this.orders.orders.map(({ workload, earlier }) =>
      profile(workload, 1000 + (earlier?.coverage.watchedMs ?? 0)),
    );
    const report = { profiles, missing: [] };
    this.#take(report);
    return Promise.resolve(report);
  }
}

async function serve(policies: () => readonly RuntimePolicy[] = () => []) {
  const agent = new FakeAgent();
  const problems: string[] = [];
  const service = await LearningService.open(agent, {
    store,
    policies: () => Promise.resolve(policies()),
    onProblem: (message) => void problems.push(message),
  });
  open.push(service);
  const ordered = (): readonly string[] => agent.orders.orders.map(({ workload }) => workload);
  return { agent, service, problems, ordered };
}

test('a workload is learnt from its start to its stop, and what was learnt is kept', async () => {
  const { service, ordered } = await serve();
  expect(service.start(' name=b,image=a ')).toBe('image=a,name=b');
  expect(service.start('image=a,name=b')).toBe('image=a,name=b');
  expect(ordered()).toEqual(['image=a,name=b']);
  expect(await service.list()).toMatchObject([{ learning: true, confidence: { replicas: 1 } }]);
  expect(await service.stop('name=b,image=a')).toMatchObject({
    learning: false,
    confidence: { replicas: 1 },
  });
  expect(ordered()).toEqual([]);
  expect(store.read('image=a,name=b')).toEqual(profile('image=a,name=b'));
  service.remove('image=a,name=b');
  expect(store.list()).toEqual([]);
});

test('the next agent goes on by itself, from where the last one was', async () => {
  const first = await serve();
  first.service.start('web');
  await first.service.list();
  const second = await serve();
  expect(second.agent.orders.orders).toMatchObject([
    { workload: 'web', byName: true, earlier: profile('web') },
  ]);
  expect(second.agent.orders.session).not.toBe(first.agent.orders.session);
  await second.service.list();
  expect(store.read('web')?.coverage.watchedMs).toBe(2000);
});

test('policies with a section in mode learn are learnt under their names, and cannot be stopped by command', async () => {
  const learning = testPolicy('file: {mode: learn}\nprocess: {mode: protect, default: deny}', 'shop');
  const other = testPolicy('process: {mode: protect, default: deny}', 'other');
  const { service, agent } = await serve(() => [learning, other]);
  expect(agent.orders.orders).toMatchObject([
    { workload: 'shop', byName: false, policies: [{ name: 'shop' }] },
  ]);
  await expect(service.stop('shop')).rejects.toThrow('`shop` is not being learnt');
  service.start('shop');
  expect(agent.orders.orders).toMatchObject([
    { workload: 'shop', byName: true, policies: [{ name: 'shop' }] },
  ]);
});

test.each([
  ['a name that is none', 'LEARN_WORKLOAD_INVALID', (s: LearningService) => s.start('a/b/c')],
  ['a stop of what is not learnt', 'LEARN_WORKLOAD_UNKNOWN', (s: LearningService) => s.stop('nobody')],
  ['to show what nobody learnt', 'LEARN_WORKLOAD_UNKNOWN', (s: LearningService) => s.show('nobody')],
  ['to remove what is not there', 'LEARN_WORKLOAD_UNKNOWN', (s: LearningService) => s.remove('nobody')],
  ['to remove what is being learnt', 'LEARN_IN_PROGRESS', (s: LearningService) => s.remove('w0')],
  ['more than an agent takes', 'LEARN_TOO_MANY', (s: LearningService) => s.start('one-more')],
])('refused is %s', async (_, code, act) => {
  const { service } = await serve();
  for (let i = 0; i < 64; i += 1) service.start(`w${i}`);
  await expect((async () => act(service))()).rejects.toMatchObject({ code });
});

test('what cannot be read is told once, and is not written over', async () => {
  store.setLearning([{ workload: 'web', sinceMs: 1 }]);
  store.write(profile('web'));
  writeFileSync(join(store.folder, 'web.json'), 'damaged');
  const { problems, ordered } = await serve();
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain('web.json');
  expect(ordered()).toEqual([]);

  writeFileSync(join(folder, 'learning.json'), '[]');
  const { service, problems: others } = await serve();
  expect(others[0]).toContain('learning.json');
  expect(() => service.start('more')).toThrow('learning.json');
});
