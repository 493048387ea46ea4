import { describe, expect, test } from 'vitest';
import { MountTables, parseMountInfo, translatePath } from './mount-tables.js';

/** The host: a root disk, a data disk, and the merged folder of a container's overlay. */
const HOST = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 8:16 / /data rw,relatime shared:2 - ext4 /dev/sdb rw
31 22 0:5 / /dev rw,nosuid shared:3 - devtmpfs udev rw
40 22 0:50 / /run/containerd/io.containerd.runtime.v2.task/k8s.io/abc/rootfs rw - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w
41 22 0:60 / /mnt/with\\040space rw - tmpfs tmpfs rw
`;
/** The container: its overlay, a bind mount of a folder, one of a file, a volume inside a volume, a tmpfs. */
const CONTAINER = `100 99 0:50 / / rw - overlay overlay rw
101 100 8:1 /var/lib/kubelet/pods/p1/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw
102 100 8:16 /volumes/v1 /srv rw - ext4 /dev/sdb rw
103 102 8:1 /home/ann /srv/home rw - ext4 /dev/sda1 rw
104 100 0:77 / /tmp rw - tmpfs tmpfs rw
105 100 0:60 /a\\040b /with\\011tab rw - tmpfs tmpfs rw
`;
const host = parseMountInfo(HOST);
const inside = parseMountInfo(CONTAINER);
const ROOTFS = '/run/containerd/io.containerd.runtime.v2.task/k8s.io/abc/rootfs';

describe('a path in a container is on the host', () => {
  test.each([
    ['below the overlay', '/etc/passwd', `${ROOTFS}/etc/passwd`],
    ['the root itself', '/', ROOTFS],
    ['in a bind mount of a folder', '/srv/www/index.html', '/data/volumes/v1/www/index.html'],
    ['the bind mount itself', '/srv', '/data/volumes/v1'],
    ['in a mount inside that mount', '/srv/home/.ssh/id_rsa', '/home/ann/.ssh/id_rsa'],
    ['a bind mount of a single file', '/etc/hosts', '/var/lib/kubelet/pods/p1/etc-hosts'],
    ['beside a mount point of which it has the beginning', '/srvx', `${ROOTFS}/srvx`],
    ['beside a file that is mounted', '/etc/hosts.allow', `${ROOTFS}/etc/hosts.allow`],
    ['where names have spaces and tabs', '/with\ttab/f', '/mnt/with space/a b/f'],
    ["nowhere, where the file system is the container's own", '/tmp/x', undefined],
  ])('%s', (_, path, expected) => {
    expect(translatePath(path, inside, host)).toBe(expected);
  });

  test("a path is itself in the host's own table", () => {
    for (const path of ['/', '/etc/passwd', '/data', '/data/x', '/mnt/with space/y']) {
      expect(translatePath(path, host, host)).toBe(path);
    }
  });

  test('a mount over another at the same place hides it', () => {
    const over = [...inside, ...parseMountInfo('106 100 8:16 /other /srv rw - ext4 /dev/sdb rw\n')];
    expect(translatePath('/srv/x', over, host)).toBe('/data/other/x');
  });

  test('what the host has mounted only in part is found in that part only', () => {
    const part = parseMountInfo('50 1 8:99 /sub /part rw - ext4 /dev/x rw\n');
    const whole = parseMountInfo('60 1 8:99 / / rw - ext4 /dev/x rw\n');
    expect(translatePath('/sub/file', whole, part)).toBe('/part/file');
    expect(translatePath('/elsewhere', whole, part)).toBeUndefined();
  });

  test('no mount, no path', () => {
    expect(translatePath('/x', [], host)).toBeUndefined();
  });
});

describe('parsing mountinfo', () => {
  test('takes device, root and mount point', () => {
    expect(host[1]).toEqual({ device: '8:16', root: '/', mountPoint: '/data' });
    expect(inside[5]).toEqual({ device: '0:60', root: '/a b', mountPoint: '/with\ttab' });
  });
  test.each(['', '\n\n', 'garbage', '1 2 3:4 /only-root'])('leaves out what is no mount: %j', (text) => {
    expect(parseMountInfo(text)).toEqual([]);
  });
  test('a backslash is a backslash', () => {
    expect(parseMountInfo('1 0 0:1 / /a\\134b rw - x x rw')[0]?.mountPoint).toBe('/a\\b');
  });
});

describe('tables of namespaces', () => {
  const reads: (number | 'self')[] = [];
  const tables = new MountTables((pid) => {
    reads.push(pid);
    if (pid === 'self') return HOST;
    if (pid > 1000) throw new Error('gone');
    return CONTAINER;
  });

  test('are read once for all processes of a namespace', () => {
    expect(tables.hostPath(10, 5, '/srv')).toBe('/data/volumes/v1');
    expect(tables.hostPath(11, 5, '/etc/hosts')).toBe('/var/lib/kubelet/pods/p1/etc-hosts');
    expect(reads).toEqual([10, 'self']);
  });
  test('a process that is gone has the table another of its namespace left', () => {
    expect(tables.hostPath(2000, 5, '/srv')).toBe('/data/volumes/v1');
    expect(tables.hostPath(2000, 6, '/srv')).toBeUndefined();
  });
});
