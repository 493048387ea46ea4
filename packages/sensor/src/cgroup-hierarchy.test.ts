import { describe, expect, test } from 'vitest';
import { findContainerHierarchy, hierarchyOf, parseCgroupMounts, V1_ID } from './cgroup-hierarchy.js';
import { SensorError } from './error.js';

const V2 =
  'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate,memory_recursiveprot 0 0\n';
const UNIFIED = 'cgroup2 /sys/fs/cgroup/unified cgroup2 rw,nosuid,nodev,noexec,relatime 0 0\n';
const NAMED = 'cgroup /sys/fs/cgroup/systemd cgroup rw,nosuid,xattr,name=systemd 0 0\n';
const v1 = (controllers: string): string =>
  `cgroup /sys/fs/cgroup/${controllers} cgroup rw,nosuid,nodev,noexec,relatime,${controllers} 0 0\n`;
const OTHER = 'proc /proc proc rw 0 0\ntmpfs /sys/fs/cgroup tmpfs ro,mode=755 0 0\n';

/** /proc/cgroups of a host with v1 hierarchies, and of one without. */
const NUMBERED = `#subsys_name\thierarchy\tnum_cgroups\tenabled
cpuset\t5\t1\t1
cpu\t2\t60\t1
cpuacct\t2\t60\t1
blkio\t9\t60\t1
memory\t7\t120\t1
devices\t3\t60\t1
freezer\t11\t2\t1
pids\t8\t70\t1
`;
const PURE = NUMBERED.replace(/\t\d+\t(\d+)\t1\n/g, '\t0\t$1\t1\n');

describe('the groups that name containers', () => {
  test.each([
    ['pure v2', OTHER + V2, PURE, { layout: 'v2', v2Folder: '/sys/fs/cgroup', v1: undefined }],
    [
      'v1',
      OTHER + NAMED + v1('cpu,cpuacct') + v1('memory') + v1('pids'),
      NUMBERED,
      {
        layout: 'v1',
        v2Folder: undefined,
        v1: { id: 8, subsystem: 7, controller: 'pids', folder: '/sys/fs/cgroup/pids' },
      },
    ],
    [
      'hybrid',
      OTHER + UNIFIED + NAMED + v1('memory') + v1('pids'),
      NUMBERED,
      {
        layout: 'hybrid',
        v2Folder: '/sys/fs/cgroup/unified',
        v1: { id: 8, subsystem: 7, controller: 'pids', folder: '/sys/fs/cgroup/pids' },
      },
    ],
    [
      'v1 without pids',
      OTHER + v1('cpu,cpuacct') + v1('memory'),
      NUMBERED,
      {
        layout: 'v1',
        v2Folder: undefined,
        v1: { id: 7, subsystem: 4, controller: 'memory', folder: '/sys/fs/cgroup/memory' },
      },
    ],
    [
      'a controller mounted together with another',
      OTHER + v1('cpu,cpuacct'),
      NUMBERED,
      {
        layout: 'v1',
        v2Folder: undefined,
        v1: { id: 2, subsystem: 1, controller: 'cpu', folder: '/sys/fs/cgroup/cpu,cpuacct' },
      },
    ],
    [
      'v2 beside a named hierarchy alone',
      OTHER + NAMED + V2,
      PURE,
      { layout: 'v2', v2Folder: '/sys/fs/cgroup', v1: undefined },
    ],
    [
      'v1 controllers this program does not know',
      OTHER + v1('net_cls') + UNIFIED,
      NUMBERED,
      { layout: 'v2', v2Folder: '/sys/fs/cgroup/unified', v1: undefined },
    ],
  ])('%s', (_, mounts, cgroups, expected) => {
    expect(findContainerHierarchy(mounts, cgroups)).toEqual(expected);
  });

  test('none at all is an error that says what to mount', () => {
    const find = (): unknown => findContainerHierarchy(OTHER, NUMBERED);
    expect(find).toThrow(SensorError);
    expect(find).toThrow(
      expect.objectContaining({ code: 'SENSOR_CGROUP_UNKNOWN', help: 'mount cgroup2 at /sys/fs/cgroup' }),
    );
  });

  test('this machine has some', () => {
    expect(['v1', 'hybrid', 'v2']).toContain(findContainerHierarchy().layout);
  });
});

test('ids of v1 groups are told apart from those of v2', () => {
  const hybrid = findContainerHierarchy(UNIFIED + v1('pids'), NUMBERED);
  expect([hierarchyOf(4711, hybrid), hierarchyOf(V1_ID + 4711, hybrid)]).toEqual([0, 8]);
});

test('mounts of other file systems are no cgroups', () => {
  expect(parseCgroupMounts(OTHER)).toEqual([]);
  expect(parseCgroupMounts(V2 + NAMED).map((m) => m.version)).toEqual([2, 1]);
});
