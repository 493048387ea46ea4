import { testContainer } from '@runward/events/testing';
import { describe, expect, test } from 'vitest';
import { accountNames, ContainerTable } from './container-table.js';

const nobody = accountNames({ users: [], groups: [] });
const KEPT_MS = 10_000;

describe('a cgroup that was removed', () => {
  test('is known for as long as its last events may be on their way, and then forgotten', () => {
    const table = new ContainerTable();
    table.add(7, '/a', 'known', 0, nobody);
    table.remove(7, 1000);
    expect(table.sweep(1000 + KEPT_MS)).toEqual([]);
    expect(table.get(7)?.path).toBe('/a');
    expect(table.sweep(1001 + KEPT_MS)).toEqual([7]);
    expect([table.get(7), table.size, table.sweep(1e9)]).toEqual([undefined, 0, []]);
  });

  test('is no longer listed among the containers', () => {
    const table = new ContainerTable();
    for (const cgroup of [1, 2]) table.add(cgroup, `/${cgroup}`, 'known', 0, nobody).info = testContainer();
    table.add(3, '/3', 'waiting', 0, nobody);
    table.remove(1, 5);
    expect(table.containers()).toHaveLength(1);
  });

  test('leaves no path behind, even if nothing ever happened in it', () => {
    const table = new ContainerTable();
    table.notePath(7, '/a');
    expect(table.pathOf(7)).toBe('/a');
    table.remove(7, 1);
    expect([table.pathOf(7), table.size]).toEqual([undefined, 0]);
  });
});

test('cgroups in use are never swept', () => {
  const table = new ContainerTable();
  for (let cgroup = 1; cgroup <= 100; cgroup += 1) table.add(cgroup, '/', 'known', 0, nobody);
  expect(table.sweep(Number.MAX_SAFE_INTEGER)).toEqual([]);
  expect(table.size).toBe(100);
});

test('ten thousand short-lived cgroups leave an empty table', () => {
  const table = new ContainerTable();
  for (let i = 1; i <= 10_000; i += 1) {
    table.notePath(i, `/${i}`);
    table.add(i, `/${i}`, 'known', i, nobody);
    table.remove(i, i + 50);
    table.sweep(i);
  }
  table.sweep(10_050 + KEPT_MS + 1);
  expect(table.size).toBe(0);
});

test('names of accounts are found by number; an unknown number has none', () => {
  const names = accountNames({
    users: [{ uid: 33, name: 'www-data', home: '/var/www', shell: '/usr/sbin/nologin' }],
    groups: [{ gid: 33, name: 'www' }],
  });
  expect([names.userName(33), names.userHome(33), names.userShell(33), names.groupName(33)]).toEqual([
    'www-data',
    '/var/www',
    '/usr/sbin/nologin',
    'www',
  ]);
  expect([names.userName(0), names.groupName(0)]).toEqual([undefined, undefined]);
});

test('a container has ended when the last of its groups is gone', () => {
  const table = new ContainerTable();
  const info = testContainer();
  for (const cgroup of [1, 2]) table.add(cgroup, `/${cgroup}`, 'known', 0, nobody).info = info;
  const ended: string[] = [];
  table.remove(1, 5);
  table.sweep(6 + KEPT_MS, ({ id }) => ended.push(id));
  expect(ended).toEqual([]);
  table.remove(2, 7);
  table.sweep(8 + KEPT_MS, ({ id }) => ended.push(id));
  expect(ended).toEqual([info.id]);
});
