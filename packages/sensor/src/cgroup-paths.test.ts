import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { V1_ID } from './cgroup-hierarchy.js';
import { groupMembers, listCgroups } from './cgroup-paths.js';

const folder = mkdtempSync(join(tmpdir(), 'runward-groups-'));
afterAll(() => rmSync(folder, { recursive: true }));

const listed = (hierarchy: Parameters<typeof listCgroups>[0]): ReadonlyMap<number, string> => {
  const found = new Map<number, string>();
  listCgroups(hierarchy, (id, path) => found.set(id, path));
  return found;
};

test('every group is known by the inode of its folder', () => {
  mkdirSync(join(folder, 'pod', 'one'), { recursive: true });
  const inode = (path: string): number => statSync(join(folder, path)).ino;
  expect(listed({ v2Folder: folder, v1: undefined })).toEqual(
    new Map([
      [inode(''), '/'],
      [inode('pod'), '/pod'],
      [inode('pod/one'), '/pod/one'],
    ]),
  );
  const v1 = { id: 3, subsystem: 1, controller: 'pids', folder };
  expect(listed({ v2Folder: undefined, v1 }).get(inode('pod/one') + V1_ID)).toBe('/pod/one');
});

test('a hierarchy that is not there lists nothing', () => {
  expect(listed({ v2Folder: join(folder, 'none'), v1: undefined })).toEqual(new Map());
});

test('members are read from the group, and a group that is gone has none', () => {
  writeFileSync(join(folder, 'cgroup.procs'), '12\n345\n');
  const hierarchy = { v2Folder: folder, v1: undefined };
  expect(groupMembers(hierarchy, 7, '')).toEqual([12, 345]);
  expect(groupMembers(hierarchy, 7, '/gone')).toEqual([]);
});
