import type { ContainerInfo } from '@runward/events';
import type { IdentityRequest } from '@runward/tracker';
import { describe, expect, test } from 'vitest';
import { chooseTargets, runningTargets, type Target } from './targets.js';

const target = (id: string, name: string, pod?: string): Target => ({
  // Only what names a container is looked at.
  info: { id, name, pod: pod === undefined ? undefined : { name: pod, namespace: 'prod' } } as ContainerInfo,
  cgroups: [1],
});
const targets = [
  target('aaaa1111', 'web', 'shop-1'),
  target('aaaa2222', 'proxy', 'shop-1'),
  target('bbbb3333', 'web', 'shop-2'),
  target('cccc4444', 'db'),
];
const refusal = (name: string): string => {
  try {
    chooseTargets(targets, name);
  } catch (error) {
    return error instanceof Error ? `${error.message} / ${(error as { help?: string }).help ?? ''}` : '';
  }
  return 'chosen';
};

describe('what is named', () => {
  test.each([
    ['db', ['cccc4444']],
    ['bbbb3333', ['bbbb3333']],
    ['cccc', ['cccc4444']],
    ['shop-1', ['aaaa1111', 'aaaa2222']],
    ['prod/shop-2', ['bbbb3333']],
  ])('%s is %j', (name, ids) => {
    expect(chooseTargets(targets, name).map(({ info }) => info.id)).toEqual(ids);
  });

  test('must be one thing, and be there', () => {
    expect(refusal('web')).toBe('`web` is the name of 2 containers / name one: aaaa1111, bbbb3333');
    expect(refusal('aaaa')).toContain('2 containers');
    expect(refusal('ccc')).toBe('no container or pod `ccc` runs here / those that run: db, proxy, web, web');
  });
});

test('a container has all the groups its processes are in, whatever group it was met by', async () => {
  const request = (cgroup: number, cgroupPath: string) => ({ cgroup, cgroupPath }) as IdentityRequest; // nothing else is looked at
  const found = await runningTargets(
    {
      running: () => [request(1, '/a'), request(2, '/b'), request(9, '/host')],
      below: (path) => [path === '/a' ? 11 : 12],
    },
    async ({ cgroup }) =>
      cgroup === 9 ? { kind: 'host' } : { kind: 'container', info: target('aaaa1111', 'web').info },
  );
  expect(found.map(({ cgroups }) => [...cgroups].sort((a, b) => a - b))).toEqual([[1, 2, 11, 12]]);
});
