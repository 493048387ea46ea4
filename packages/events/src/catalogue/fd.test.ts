import { describe, expect, test } from 'vitest';
import { fieldValue, type TestEvent, testContainer, testView } from '../testing/index.js';
import type { ObjectKind } from '../view.js';

const value = (event: TestEvent, field: string) => fieldValue(testView(event), field);

const client: TestEvent = {
  type: 'connect',
  fd: 4,
  objectKind: 'ipv4',
  socketFamily: 2,
  transport: 'tcp',
  localIp: '10.0.0.1',
  localPort: 40000,
  remoteIp: '10.0.0.2',
  remotePort: 443,
  isServer: false,
  socketConnected: true,
};
const server: TestEvent = { ...client, type: 'accept4', isServer: true, localPort: 80, remotePort: 50000 };
const listening: TestEvent = {
  type: 'listen',
  fd: 3,
  objectKind: 'ipv6',
  transport: 'tcp',
  localIp: '::',
  localPort: 8080,
};
const bound: TestEvent = {
  type: 'bind',
  fd: 3,
  objectKind: 'ipv4',
  transport: 'udp',
  callerIp: '0.0.0.0',
  callerPort: 53,
};
const datagram: TestEvent = {
  type: 'sendto',
  fd: 5,
  objectKind: 'ipv4',
  transport: 'udp',
  localIp: '10.0.0.1',
  localPort: 5000,
  callerIp: '8.8.8.8',
  callerPort: 53,
};
const unnamed: TestEvent = { type: 'socket', fd: 3, objectKind: 'ipv4', localIp: '0.0.0.0', localPort: 0 };
const opened: TestEvent = {
  type: 'openat',
  fd: 3,
  result: 3,
  objectKind: 'file',
  paths: ['/etc/ssl/key.pem'],
  rawPaths: ['key.pem'],
};

test.each<[field: string, event: TestEvent, expected: unknown]>([
  ['fd.num', opened, 3],
  ['fd.num', { type: 'openat', result: -2 }, -1],
  ['fd.num', { type: 'openat', result: 0, fd: undefined }, 0],
  ['fd.num', { type: 'read', fd: 0 }, 0],
  ['fd.name', opened, '/etc/ssl/key.pem'],
  ['fd.name', { type: 'openat', result: -13, paths: ['/etc/shadow'] }, '/etc/shadow'],
  ['fd.name', { type: 'openat', result: -2, rawPaths: ['gone'] }, 'gone'],
  ['fd.typechar', { type: 'openat', result: -13 }, 'f'],
  ['fd.name', client, '10.0.0.1:40000->10.0.0.2:443'],
  ['fd.name', server, '10.0.0.2:50000->10.0.0.1:80'],
  ['fd.name', listening, ':::8080'],
  ['fd.name', bound, '0.0.0.0:53'],
  ['fd.name', datagram, '10.0.0.1:5000->8.8.8.8:53'],
  ['fd.name', { type: 'socket', fd: 3, objectKind: 'ipv4' }, ''],
  ['fd.name', unnamed, ''],
  ['fd.sip', unnamed, undefined],
  ['fd.is_server', unnamed, false],
  [
    'fd.name',
    { type: 'connect', fd: 3, objectKind: 'unix', unixPath: '/run/docker.sock' },
    '/run/docker.sock',
  ],
  ['fd.name', { type: 'read', fd: 3, objectKind: 'pipe', inode: 99n }, 'pipe:[99]'],
  ['fd.name', { type: 'close', fd: 3 }, undefined],
  ['fd.nameraw', opened, 'key.pem'],
  ['fd.nameraw', { type: 'read', fd: 1, objectKind: 'file', paths: ['/a'] }, '/a'],
  ['fd.directory', opened, '/etc/ssl'],
  ['fd.directory', { ...opened, paths: ['/passwd'] }, '/'],
  ['fd.directory', client, undefined],
  ['fd.filename', opened, 'key.pem'],
  ['fd.filename', { ...opened, paths: ['/'] }, ''],
  ['fd.hostpath', { ...opened, hostPaths: ['/var/lib/x/key.pem'] }, '/var/lib/x/key.pem'],
  ['fd.ino', { ...opened, inode: 12n }, 12n],
  ['fd.dev', { ...opened, deviceMajor: 8, deviceMinor: 1 }, 8 * 1048576 + 1],
  ['fd.dev.major', { ...opened, deviceMajor: 8 }, 8],
  ['fd.dev.minor', { ...opened, deviceMinor: 1 }, 1],
  ['fd.uid', { ...opened, tid: 100 }, '1003'],
  ['fd.containername', opened, 'host:/etc/ssl/key.pem'],
  ['fd.containername', { ...opened, container: testContainer() }, '3ad7b26ded6d:/etc/ssl/key.pem'],
  ['fd.containerdirectory', opened, 'host:/etc/ssl'],
  ['fd.sockfamily', client, 'ip'],
  ['fd.sockfamily', { type: 'connect', fd: 3, objectKind: 'unix' }, 'unix'],
  ['fd.sockfamily', opened, undefined],
  ['fd.l4proto', datagram, 'udp'],
  ['fd.l4proto', opened, undefined],
  ['fd.sip', client, '10.0.0.2'],
  ['fd.sip', server, '10.0.0.1'],
  ['fd.sip', listening, '::'],
  ['fd.cip', client, '10.0.0.1'],
  ['fd.cip', server, '10.0.0.2'],
  ['fd.cip', listening, undefined],
  ['fd.lip', client, '10.0.0.1'],
  ['fd.rip', client, '10.0.0.2'],
  ['fd.rip', datagram, '8.8.8.8'],
  ['fd.ip', client, ['10.0.0.1', '10.0.0.2']],
  ['fd.ip', listening, ['::']],
  ['fd.ip', opened, undefined],
  ['fd.sport', server, 80],
  ['fd.sport', bound, 53],
  ['fd.cport', server, 50000],
  ['fd.lport', client, 40000],
  ['fd.rport', client, 443],
  ['fd.port', client, [40000, 443]],
  ['fd.snet', client, '10.0.0.2'],
  ['fd.cnet', client, '10.0.0.1'],
  ['fd.lnet', client, '10.0.0.1'],
  ['fd.rnet', client, '10.0.0.2'],
  ['fd.net', client, ['10.0.0.1', '10.0.0.2']],
  ['fd.is_server', server, true],
  ['fd.is_server', { ...client, isServer: undefined }, false],
  ['fd.connected', client, true],
  ['fd.connected', datagram, false],
  ['fd.name_changed', datagram, true],
  ['fd.name_changed', { ...datagram, result: -1 }, false],
  ['fd.name_changed', client, true],
  ['fd.name_changed', { ...client, type: 'sendto' }, false],
  ['fd.sip.name', client, undefined],
])('%s of %o is %o', (field, event, expected) => {
  expect(value(event, field)).toEqual(expected);
});

test.each<[kind: ObjectKind, name: string | undefined, letter: string]>([
  ['file', 'file', 'f'],
  ['char', 'file', 'f'],
  ['block', 'file', 'f'],
  ['directory', 'directory', 'd'],
  ['ipv4', 'ipv4', '4'],
  ['ipv6', 'ipv6', '6'],
  ['unix', 'unix', 'u'],
  ['netlink', 'netlink', 'n'],
  ['packet', 'packet', 'o'],
  ['pipe', 'pipe', 'p'],
  ['event', 'event', 'e'],
  ['memfd', 'memfd', 'm'],
  ['other', undefined, 'o'],
])('a descriptor of kind %s has type %s and letter %s', (objectKind, name, letter) => {
  const event: TestEvent = { type: 'read', fd: 3, objectKind };
  expect([value(event, 'fd.type'), value(event, 'fd.typechar')]).toEqual([name, letter]);
});

describe('the address a caller passes', () => {
  test('does not hide the peer of a connected socket', () => {
    const raced: TestEvent = { ...client, callerIp: '127.0.0.1', callerPort: 1 };
    expect(value(raced, 'fd.rip')).toBe('10.0.0.2');
    expect(value({ ...raced, type: 'sendto' }, 'fd.rport')).toBe(443);
  });
  test('names the peer of a connection that failed', () => {
    const refused: TestEvent = {
      type: 'connect',
      fd: 3,
      result: -111,
      objectKind: 'ipv4',
      callerIp: '10.9.9.9',
      callerPort: 22,
    };
    expect([value(refused, 'fd.sip'), value(refused, 'fd.sport')]).toEqual(['10.9.9.9', 22]);
  });
  test('overrides the peer of a datagram socket, as the kernel does', () => {
    expect(value({ ...datagram, remoteIp: '1.1.1.1', socketConnected: true }, 'fd.rip')).toBe('8.8.8.8');
  });
});

test.each(['execve', 'unlinkat', 'mkdir', 'kill', 'procexit'])('%s has no fd fields', (type) => {
  const event: TestEvent = { type, paths: ['/x'], objectKind: 'file' };
  for (const field of [
    'fd.num',
    'fd.name',
    'fd.typechar',
    'fd.type',
    'fd.directory',
    'fd.sip',
    'fd.connected',
  ])
    expect(value(event, field), field).toBeUndefined();
});

test('a call that makes a descriptor without taking one has fd fields', () => {
  expect(value({ type: 'memfd_create', fd: 7, result: 7, objectKind: 'memfd' }, 'fd.typechar')).toBe('m');
});

test.each([
  ['upper', true, false],
  ['lower', false, true],
  [undefined, false, false],
] as const)('a file in layer %s of an overlay', (fileLayer, upper, lower) => {
  expect(value({ ...opened, fileLayer }, 'fd.is_upper_layer')).toBe(upper);
  expect(value({ ...opened, fileLayer }, 'fd.is_lower_layer')).toBe(lower);
  expect(value(client, 'fd.is_upper_layer')).toBeUndefined();
});

test('addresses have the names the container got to know', () => {
  const known: Readonly<Record<string, readonly string[]>> = {
    '10.0.0.2': ['api.test', 'alias.test'],
    '10.0.0.1': ['me.test'],
  };
  const names = { namesOf: (ip: string): readonly string[] => known[ip] ?? [] };
  expect(value({ ...client, names }, 'fd.sip.name')).toEqual(['api.test', 'alias.test']);
  expect(value({ ...client, names }, 'fd.rip.name')).toEqual(['api.test', 'alias.test']);
  expect(value({ ...client, names }, 'fd.cip.name')).toBe('me.test');
  expect(value({ ...client, names }, 'fd.lip.name')).toBe('me.test');
  expect(value({ ...client, names, remoteIp: '10.9.9.9' }, 'fd.sip.name')).toBeUndefined();
  expect(value(client, 'fd.sip.name')).toBeUndefined();
  expect(value({ ...opened, names }, 'fd.sip.name')).toBeUndefined();
});
