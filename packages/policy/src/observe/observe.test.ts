import { testProcess, testView } from '@runward/events/testing';
import { describe, expect, test } from 'vitest';
import { observe, unobservable } from './observe.js';

const exe = (path: string, facts: object = {}) => ({ ...testProcess().executable, path, ...facts });
const nginx = testProcess({
  executable: exe('/usr/sbin/nginx'),
  euid: 33,
  args: ['nginx', '-g', 'daemon off;'],
});
/** As short text, without the call itself. */
function seen(event: Parameters<typeof testView>[0]): readonly string[] {
  return observe(testView({ process: nginx, ...event })).flatMap((action) => {
    switch (action.section) {
      case 'syscalls':
        return [];
      case 'process':
        return [`start ${action.path} ${action.arguments}`];
      case 'file':
        return [`${action.operation} ${action.path}${action.owned === true ? ' own' : ''}`];
      case 'network':
        return [`${action.operation} ${action.family} ${action.protocol} ${action.address}:${action.port}`];
      case 'privilege':
        return [action.operation];
      default:
        return [`${action.section} ${action.name}`];
    }
  });
}

describe('files', () => {
  const open = { type: 'openat', paths: ['/var/log/x'], objectKind: 'file', result: 3 } as const;
  test.each([
    ['reading', { ...open, openFlags: 0, fileUid: 33 }, ['read /var/log/x own']],
    ['writing', { ...open, openFlags: 1, fileUid: 0 }, ['write /var/log/x']],
    [
      'both, new',
      { ...open, openFlags: 0o102, openCreated: true },
      ['create', 'read', 'write'].map((o) => `${o} /var/log/x`),
    ],
    ['cutting off', { ...open, openFlags: 0o1000 }, ['read /var/log/x', 'write /var/log/x']],
    ['only naming', { ...open, openFlags: 0o10000000 }, []],
    ['an open that fails', { ...open, result: -13 }, []],
    ['a rename', { type: 'renameat2', paths: ['/a', '/b'] }, ['rename /a', 'rename /b']],
    ['a deletion', { type: 'unlinkat', paths: ['/a'] }, ['delete /a']],
    [
      'a library',
      { type: 'mmap', args: [0, 4096, 5], paths: ['/lib/x.so'], objectKind: 'file' },
      ['execute /lib/x.so'],
    ],
    ['memory', { type: 'mmap', args: [0, 4096, 3], objectKind: 'none' }, []],
  ] as const)('%s', (_, event, expected) => expect(seen(event)).toEqual(expected));
});

describe('programs', () => {
  test('a start has arguments, ancestors of the container and where it came from', () => {
    const outside = testProcess({ executable: exe('/usr/bin/containerd-shim'), mntNs: 1 });
    const parent = testProcess({ executable: exe('/bin/sh'), mntNs: 2, parent: outside });
    const process = testProcess({
      ...{
        executable: exe('/tmp/x', { upperLayer: true, setuid: true }),
        args: ['x', 'a', 'b'],
        mntNs: 2,
        parent,
      },
    });
    expect(observe(testView({ type: 'execve', process, result: 0 }))).toEqual([
      { section: 'syscalls', name: 'execve' },
      {
        ...{ section: 'process', path: '/tmp/x', arguments: 'a b', ancestors: ['/bin/sh'] },
        ...{ drift: true, fileless: false },
      },
      { section: 'privilege', operation: 'setuid-execution' },
    ]);
  });

  test('a start that fails is none', () => {
    expect(seen({ type: 'execve', execFailed: true, result: -2 })).toEqual([]);
  });
});

describe('the network', () => {
  const tcp = { objectKind: 'ipv4', socketFamily: 2, transport: 'tcp' } as const;
  test.each([
    [
      'a connection',
      { ...tcp, type: 'connect', callerIp: '10.0.0.1', callerPort: 443 },
      ['connect ipv4 tcp 10.0.0.1:443'],
    ],
    [
      'one that is refused',
      { ...tcp, type: 'connect', callerIp: '10.0.0.1', callerPort: 1, result: -111 },
      ['connect ipv4 tcp 10.0.0.1:1'],
    ],
    ['one of no socket', { ...tcp, type: 'connect', callerIp: '10.0.0.1', callerPort: 1, result: -88 }, []],
    [
      'a low port',
      { ...tcp, type: 'bind', callerIp: '0.0.0.0', callerPort: 80 },
      ['bind ipv4 tcp 0.0.0.0:80', 'capabilities NET_BIND_SERVICE'],
    ],
    [
      'listening',
      { ...tcp, type: 'listen', localIp: '0.0.0.0', localPort: 8080 },
      ['listen ipv4 tcp 0.0.0.0:8080'],
    ],
    [
      'a raw socket',
      { type: 'socket', args: [2, 3, 1], result: 4, socketFamily: 2 },
      ['create ipv4 raw :0', 'capabilities NET_RAW'],
    ],
    [
      'a datagram',
      { type: 'sendto', socketFamily: 2, transport: 'udp', callerIp: '8.8.8.8', callerPort: 53 },
      ['connect ipv4 udp 8.8.8.8:53'],
    ],
    [
      'a datagram to a Unix socket',
      { type: 'sendto', socketFamily: 1, unixPath: '/dev/log' },
      ['connect unix other /dev/log:0'],
    ],
    [
      'a connection of a family without addresses',
      { type: 'connect', socketFamily: 16 },
      ['connect netlink other :0'],
    ],
    [
      'the socket of a runtime',
      { type: 'connect', socketFamily: 1, unixPath: '/run/docker.sock' },
      ['connect unix other /run/docker.sock:0', 'kernelSurface runtime-socket'],
    ],
  ] as const)('%s', (_, event, expected) => expect(seen(event)).toEqual(expected));
});

describe('handles of the kernel', () => {
  const write = (path: string) =>
    ({ type: 'openat', paths: [path], openFlags: 1, result: 3, objectKind: 'file' }) as const;
  test.each([
    ['a user namespace', { type: 'unshare', args: [0x10000000] }, ['kernelSurface unshare-user']],
    [
      'a network namespace',
      { type: 'unshare', args: [0x40000000] },
      ['kernelSurface unshare', 'capabilities SYS_ADMIN'],
    ],
    ['a plain clone', { type: 'clone', args: [0x1200011] }, []],
    ['a clone3 whose flags could not be read', { type: 'clone3', args: [0x55e6_b95c_8480] }, []],
    ['being traced', { type: 'ptrace', args: [0] }, []],
    ['tracing, in vain', { type: 'ptrace', args: [16, 1], result: -1 }, ['kernelSurface ptrace']],
    [
      'core_pattern',
      write('/proc/sys/kernel/core_pattern'),
      ['write /proc/sys/kernel/core_pattern', 'kernelSurface core-pattern', 'kernelSurface sysctl'],
    ],
    [
      'release_agent',
      write('/sys/fs/cgroup/rdma/release_agent'),
      [
        'write /sys/fs/cgroup/rdma/release_agent',
        'kernelSurface release-agent',
        'kernelSurface cgroup-files',
      ],
    ],
    [
      'a disk',
      { ...write('/dev/sda'), objectKind: 'block' },
      ['write /dev/sda', 'kernelSurface raw-devices'],
    ],
    [
      'a mount',
      { type: 'mount', paths: ['/mnt'] },
      ['mount /mnt', 'kernelSurface mount', 'capabilities SYS_ADMIN'],
    ],
  ] as const)('%s', (_, event, expected) => expect(seen(event)).toEqual(expected));
});

test('what a recording cannot tell is said', () => {
  const everything = new Set(['execve', 'execveat']);
  expect(unobservable('privilege', everything)).toEqual([expect.stringContaining('no_new_privs')]);
  expect(unobservable('network', everything)).toEqual([
    'it has no events socket, connect, bind, listen, sendto',
  ]);
  expect(unobservable('file', everything)[1]).toContain('and 4 more');
});
