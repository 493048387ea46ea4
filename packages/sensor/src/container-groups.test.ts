import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { V1_ID } from './cgroup-hierarchy.js';
import { containerGroups, groupId, groupOfProcess } from './container-groups.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-groups-'));
  for (const path of ['v2/web/init', 'v2/web/jobs/a', 'v2/other', 'v1/web'])
    mkdirSync(join(folder, path), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const hybrid = () => ({
  v2Folder: join(folder, 'v2'),
  v1: { id: 4, subsystem: 1, controller: 'pids', folder: join(folder, 'v1') },
});
const inode = (path: string): number => statSync(join(folder, path)).ino;

describe('the groups of a container', () => {
  test('are its own, those below it, and the one of the same path in the other tree', () => {
    const found = new Set(containerGroups(hybrid(), '/web'));
    const own = ['v2/web', 'v2/web/init', 'v2/web/jobs', 'v2/web/jobs/a'].map(inode);
    expect(found).toEqual(new Set([...own, inode('v1/web') + V1_ID]));
  });

  test('are none when they are gone', () => {
    expect(containerGroups(hybrid(), '/gone')).toEqual([]);
    expect(groupId(hybrid(), '/gone', 'v2')).toBeUndefined();
  });
});

test('a process that has ended is in no group', () => {
  expect(groupOfProcess(hybrid(), 0x7fff_ffff)).toBeUndefined();
});
