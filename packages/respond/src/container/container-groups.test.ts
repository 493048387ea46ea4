import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { ContainerGroups, ownPath } from './container-groups.js';
import { PinnedProcess } from './pinned-process.js';
import { cgroupTrees, folderOf, treeOf } from './trees.js';

const ID = 'ab'.repeat(32);

describe('the group of a container', () => {
  test.each([
    [`/docker/${ID}`, ID, `/docker/${ID}`],
    [`/docker/${ID}/init.scope`, ID, `/docker/${ID}`],
    [`/system.slice/docker-${ID}.scope/a/b`, ID, `/system.slice/docker-${ID}.scope`],
    [`/kubepods/burstable/pod${'1'.repeat(32)}/${ID}`, ID, `/kubepods/burstable/pod${'1'.repeat(32)}/${ID}`],
    // What is made inside has the same name, and is not taken for the whole.
    [`/docker/${ID}/docker/${ID}`, ID, `/docker/${ID}`],
    ['/web', 'web', '/web'],
    ['/web/below', 'web', '/web'],
    // A slice that is named like the container has others in it.
    ['/web/web', 'web', '/web/web'],
    ['/default/web', 'web', '/default/web'],
    // Of a tree its runtime made no group in: that one is of the host.
    ['/', 'web', undefined],
    ['/user.slice/session-1.scope', 'web', undefined],
    [`/docker/${'cd'.repeat(32)}`, ID, undefined],
    ['/my-web', 'web', undefined],
  ])('of a process in %s', (path, id, own) => {
    expect(ownPath(path, id)).toBe(own);
  });

  test('is looked for in every tree of the host, however it is mounted', () => {
    const trees = cgroupTrees(
      [
        '30 24 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro',
        '31 30 0:27 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw,nsdelegate',
        '32 30 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd',
        '33 30 0:29 /part /srv/a\\040b rw - cgroup cgroup rw,cpu,cpuacct',
        '34 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
        '35 30 0:30 /part /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids',
      ].join('\n'),
    );
    expect(trees.map(({ controllers, version }) => [version, controllers.join()])).toEqual([
      [2, ''],
      [1, 'name=systemd'],
      [1, 'cpu,cpuacct'],
      [1, 'pids'],
    ]);
    const folder = (controllers: string, path: string): string | undefined => {
      const tree = treeOf(trees, controllers);
      return tree && folderOf(tree, path);
    };
    expect(folder('', '/web')).toBe('/sys/fs/cgroup/unified/web');
    expect(folder('cpuacct,cpu', '/web')).toBe('/sys/fs/cgroup/cpu,cpuacct/web');
    expect(folder('pids', '/part/web')).toBe('/sys/fs/cgroup/pids/web');
    expect(folder('pids', '/other/web')).toBeUndefined();
    expect(folder('', '/../web')).toBeUndefined();
    expect(folder('blkio', '/web')).toBeUndefined();
  });

  test.each([
    ['a process of the host', process.pid, 'RESPOND_NO_GROUP'],
    ['one that is not there', 4_194_303, 'RESPOND_VANISHED'],
  ])('%s has none', (_, pid, code) => {
    const find = (): unknown => ContainerGroups.of({ id: ID, name: 'web', pids: [pid] });
    expect(find).toThrow(expect.objectContaining({ code }));
  });
});

test('a process is held only when it is the one that is meant, and is told from what comes after it', async () => {
  const child = spawn('sleep', ['60']);
  const pid = child.pid ?? 0;
  expect(PinnedProcess.hold(pid, () => false)).toBeUndefined();
  const held = PinnedProcess.hold(pid, (each) => each === pid);
  expect(held?.isOver).toBe(false);
  const ended = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)));
  expect(held?.signal(9)).toBe(true);
  expect(await ended).toBe('SIGKILL');
  expect(held?.isOver).toBe(true);
  expect(held?.signal(9)).toBe(false);
  held?.release();
  expect(PinnedProcess.hold(pid, () => true)).toBeUndefined();
});
