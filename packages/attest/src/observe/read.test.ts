import { describe, expect, it } from 'vitest';
import { groupFolders, readLimits } from './cgroup-limits.js';
import { describeMounts, readMountInfo } from './mounts.js';
import { capabilityNamesIn, readEnvironment, readHardLimits, readStatus } from './process-status.js';

const STATUS = `Name:\tCapEff: ffffffffffffffff
Umask:\t0022
Uid:\t1000\t1001\t1002\t1003
Gid:\t5\t5\t5\t5
Groups:\t20 5 20
CapInh:\t0000000000000000
CapPrm:\t0000000000000001
CapEff:\t0000000000000000
CapBnd:\t0000000000200001
CapAmb:\t0000000000000000
NoNewPrivs:\t1
Seccomp:\t2
Seccomp_filters:\t3
`;

describe('what /proc tells', () => {
  it('of a process, whose name cannot pretend to be a field', () => {
    const status = readStatus(STATUS);
    expect(status).toMatchObject({
      uids: [1000, 1001, 1002, 1003],
      groups: [5, 20],
      noNewPrivileges: true,
      seccomp: 'filter',
      seccompFilters: 3,
    });
    expect(capabilityNamesIn(status?.capabilities.bounding ?? 0n)).toEqual(['CAP_CHOWN', 'CAP_SYS_ADMIN']);
    expect(status?.capabilities.effective).toBe(0n);
  });

  it.each(['', 'Name:\tx', '\0\0', 'CapEff'])('nothing of %j', (text) =>
    expect(readStatus(text)).toBeUndefined(),
  );

  it('of its variables their names, without what comes and goes with services, and without what is no name', () => {
    const text = [
      'PATH=/bin',
      'A=1=2',
      'PATH=again',
      'secret-without-equals',
      '=x',
      'WEB_SERVICE_HOST=1',
      'WEB_PORT_80_TCP_ADDR=1',
      'a b=c',
      '',
    ].join('\0');
    expect(readEnvironment(text)).toEqual(['A', 'PATH']);
  });

  it('of its hard limits', () => {
    const text =
      'Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 4096                 files     \nMax processes             unlimited            unlimited            processes \n';
    expect(readHardLimits(text)).toEqual({ 'Max open files': '4096', 'Max processes': 'unlimited' });
  });
});

const HOST = readMountInfo(`26 1 254:0 / / rw - ext4 /dev/vda rw
30 26 254:1 /vol /srv rw - ext4 /dev/vdb rw
31 26 0:50 / /var/lib/x/abcdef rw - overlay overlay rw`);

describe('describeMounts', () => {
  const of = (line: string, ids: readonly string[] = []) => describeMounts(readMountInfo(line), HOST, ids)[0];

  it.each([
    [
      'a folder of the host',
      '1 0 254:0 /etc /mnt ro,nosuid - ext4 /dev/vda rw',
      { source: '/etc', readOnly: true, flags: ['nosuid'] },
    ],
    [
      'one of a file system mounted elsewhere',
      '1 0 254:1 /vol/a /mnt rw - ext4 /dev/vdb rw',
      { source: '/srv/a', readOnly: false },
    ],
    ['one that only begins alike', '1 0 254:1 /volume /mnt rw - ext4 /dev/vdb rw', { source: '' }],
    [
      'one that is read-only as a whole',
      '1 0 254:1 /vol /mnt rw - ext4 /dev/vdb ro',
      { source: '/srv', readOnly: true },
    ],
    ["the container's own", '1 0 0:77 / /tmp rw - tmpfs tmpfs rw', { source: '', type: 'tmpfs' }],
    ["the host's root", '1 0 254:0 / / rw - ext4 /dev/vda rw', { source: '/' }],
    ['a root of its own', '1 0 254:0 /var/lib/x / rw - ext4 /dev/vda rw', { source: '' }],
    [
      'a name with a space',
      '1 0 254:0 /a\\040b /c\\040d rw shared:3 - ext4 /dev/vda rw',
      { source: '/a b', destination: '/c d', propagation: 'shared' },
    ],
  ])('tells of %s', (_, line, expected) => expect(of(line)).toMatchObject(expected));

  it('writes what names one container alone as a star', () => {
    const line =
      '1 0 254:0 /var/lib/docker/containers/web-1/0123456789abcdef0123456789abcdef/hosts /etc/hosts rw - ext4 /dev/vda rw';
    expect(of(line, ['web-1'])?.source).toBe('/var/lib/docker/containers/*/*/hosts');
  });

  it('tells of what is seen where two lie on each other', () => {
    const lines = readMountInfo('1 0 0:77 / /tmp rw - tmpfs tmpfs rw\n2 1 0:78 / /tmp ro - tmpfs tmpfs rw');
    expect(describeMounts(lines, HOST, [])).toHaveLength(1);
    expect(describeMounts(lines, HOST, [])[0]?.readOnly).toBe(true);
  });

  it.each(['', 'x', '1 2 3', '1 0 254:0 / /x rw ext4'])('is not stopped by the line %j', (line) =>
    expect(readMountInfo(line)).toEqual([]),
  );
});

describe('limits', () => {
  const reader = (files: Readonly<Record<string, string>>) => (path: string) =>
    files[path] ??
    (path.endsWith('cgroup.procs') && Object.keys(files).some((file) => file.startsWith(path.slice(0, -12)))
      ? ''
      : undefined);

  it('of the first version of cgroups', () => {
    const mounts = readMountInfo(
      '1 0 0:1 / /c/memory rw - cgroup cgroup rw,memory\n1 0 0:2 / /c/cpu rw - cgroup cgroup rw,cpu,cpuacct\n1 0 0:3 / /c/pids rw - cgroup cgroup rw,pids',
    );
    const folders = groupFolders('3:memory:/a/b\n2:cpu,cpuacct:/a\n4:pids:/a\n', mounts);
    const files = {
      '/c/memory/a/b/memory.limit_in_bytes': '9223372036854771712\n',
      '/c/memory/a/memory.limit_in_bytes': '1000\n',
      ...{
        '/c/cpu/a/cpu.cfs_quota_us': '150000\n',
        '/c/cpu/a/cpu.cfs_period_us': '100000\n',
        '/c/pids/a/pids.max': 'max\n',
      },
    };
    expect(readLimits(folders, reader(files))).toMatchObject({ memoryBytes: 1000, cpus: 1.5, pids: null });
  });

  it('of the second version, the strictest above included', () => {
    const folders = groupFolders('0::/a/b\n', readMountInfo('1 0 0:1 / /c rw - cgroup2 cgroup2 rw'));
    const files = {
      ...{ '/c/a/b/memory.max': 'max\n', '/c/a/memory.max': '500\n', '/c/a/memory.swap.max': '100\n' },
      ...{ '/c/a/b/cpu.max': 'max 100000\n', '/c/a/b/pids.max': '7\n', '/c/a/pids.max': '9\n' },
    };
    expect(readLimits(folders, reader(files))).toMatchObject({
      memoryBytes: 500,
      memorySwapBytes: 600,
      cpus: null,
      pids: 7,
    });
  });

  it('follows no path out of the tree', () => {
    expect(groupFolders('0::/../../etc\n', readMountInfo('1 0 0:1 / /c rw - cgroup2 cgroup2 rw')).size).toBe(
      0,
    );
  });
});
