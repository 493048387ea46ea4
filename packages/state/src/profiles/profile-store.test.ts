import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkloadProfile } from '@runward/policy';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ProfileStore } from './profile-store.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-profiles-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const profile = (workload: string): WorkloadProfile => ({
  ...{ format: 1, workload, images: [], imageDigests: [], namespaces: [], containerNames: ['web'] },
  coverage: {
    ...{
      firstMs: 1,
      lastMs: 2,
      watchedMs: 1,
      replicas: 1,
      starts: 1,
      sessions: 1,
      lastNewMs: 1,
      lostRecords: 0,
    },
  },
  ...{ processes: [], files: [], network: [], capabilities: [], syscalls: [], kernelSurface: [] },
  privilege: { setuidExecution: false, gainedPrivileges: false, wroteRoot: false, uids: [0] },
});

test('profiles come back as they were written, whatever their workloads are called', () => {
  const store = new ProfileStore(folder);
  const names = ['web', 'payments/api*', '../../etc/passwd', 'image=a/b:*'];
  for (const name of names) store.write(profile(name));
  for (const name of names) expect(store.read(name)).toEqual(profile(name));
  expect(store.list().map((p) => p.workload)).toEqual(names.toSorted());
  expect(readdirSync(folder)).toEqual(['profiles']);
  expect([store.remove('web'), store.remove('web'), store.read('web')]).toEqual([true, false, undefined]);
});

test('nothing was learnt where there is no folder', () => {
  const store = new ProfileStore(join(folder, 'none'));
  expect([store.list(), store.read('web'), store.learning(), store.remove('web')]).toEqual([
    [],
    undefined,
    [],
    false,
  ]);
});

test('the list of what is to be learnt outlives the agent', () => {
  const entries = [
    { workload: 'web', sinceMs: 5 },
    { workload: 'a', sinceMs: 6 },
  ];
  new ProfileStore(folder).setLearning(entries);
  expect(new ProfileStore(folder).learning()).toEqual(entries.toReversed());
});

test.each([
  ['', 'is not JSON'],
  ['[]', 'is not a JSON object'],
  ['{"format":2}', 'has format 2; this version reads 1'],
  [JSON.stringify({ ...profile('web'), files: [{ path: 7 }] }), 'is no profile'],
])('a damaged file is told with its name: %s', (text, says) => {
  const store = new ProfileStore(folder);
  store.write(profile('web'));
  writeFileSync(join(store.folder, 'web.json'), text);
  expect(() => store.read('web')).toThrow(says);
  expect(() => store.list()).toThrow('web.json');
});
