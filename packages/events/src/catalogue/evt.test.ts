import { describe, expect, test } from 'vitest';
import { fieldValue, type TestEvent, testView } from '../testing/index.js';
import { EventFlag } from '../view.js';

const value = (event: TestEvent, field: string) => fieldValue(testView(event), field);

describe('evt', () => {
  test.each<[field: string, event: TestEvent, expected: unknown]>([
    ['evt.num', { number: 7 }, 7],
    ['evt.type', { type: 'unlinkat' }, 'unlinkat'],
    ['evt.dir', {}, '<'],
    ['evt.source', {}, 'syscall'],
    ['evt.hostname', { hostname: 'node-1' }, 'node-1'],
    ['evt.cpu', { cpu: 3 }, 3],
    ['evt.res', { result: 5 }, 'SUCCESS'],
    ['evt.res', { result: -2 }, 'ENOENT'],
    ['evt.res', { result: -4095 }, 'E4095'],
    ['evt.res', { type: 'mmap', result: -140737488355328 }, 'SUCCESS'],
    ['evt.res', { type: 'procexit', result: undefined }, undefined],
    ['evt.rawres', { result: -13 }, -13],
    ['evt.rawres', { result: undefined, flags: EventFlag.ioUring | EventFlag.noResult }, 0],
    ['evt.res', { result: undefined, flags: EventFlag.ioUring | EventFlag.noResult }, 'SUCCESS'],
    ['evt.failed', { result: -1 }, true],
    ['evt.failed', { result: 0 }, false],
    ['evt.count.error', { result: -1 }, 1],
    ['evt.count.error', { result: 0 }, undefined],
    ['evt.count.error.file', { type: 'openat', result: -1 }, 1],
    ['evt.count.error.net', { type: 'openat', result: -1 }, undefined],
    ['evt.count.error.other', { type: 'setuid', result: -1 }, 1],
    ['evt.count.error.other', { type: 'setuid', result: 0 }, undefined],
    ['evt.type.is[openat]', { type: 'openat' }, 1],
    ['evt.type.is[open]', { type: 'openat' }, 0],
    ['evt.is_syslog', { type: 'sendto', objectKind: 'unix', unixPath: '/dev/log' }, true],
    ['evt.is_syslog', { type: 'sendto', objectKind: 'unix', unixPath: '/run/x' }, false],
    ['evt.rawtime', { timeNs: 1_500_000_000_000_000_001n }, 1_500_000_000_000_000_001n],
    ['evt.rawtime.s', { timeNs: 1_500_000_000_000_000_001n }, 1_500_000_000],
    ['evt.rawtime.ns', { timeNs: 1_500_000_000_000_000_001n }, 1],
    ['evt.time.iso8601', { timeNs: 1_500_000_000_000_000_001n }, '2017-07-14T02:40:00.000000001+0000'],
    ['evt.buffer', { type: 'read', data: Uint8Array.of(1, 2) }, Uint8Array.of(1, 2)],
    ['evt.buflen', { type: 'read', result: 10 }, 10],
    ['evt.buflen', { type: 'read', result: -5 }, undefined],
    ['evt.buflen', { type: 'openat', result: 3 }, undefined],
    ['evt.is_io', { type: 'recvfrom' }, true],
    ['evt.is_io_read', { type: 'write' }, false],
    ['evt.is_io_write', { type: 'sendmsg' }, true],
    ['evt.io_dir', { type: 'preadv2' }, 'r'],
    ['evt.io_dir', { type: 'close' }, undefined],
    ['evt.is_io_uring', { flags: EventFlag.ioUring }, true],
    ['evt.is_caller_memory', { flags: EventFlag.truncated }, false],
    ['evt.is_truncated', { flags: EventFlag.truncated }, true],
    ['evt.category', { type: 'execve' }, 'process'],
    ['evt.category', { type: 'openat' }, 'file'],
    ['evt.category', { type: 'connect' }, 'net'],
    ['evt.category', { type: 'read', objectKind: 'pipe' }, 'IPC'],
    ['evt.category', { type: 'read', objectKind: 'ipv4', socketFamily: 2 }, 'net'],
    ['evt.category', { type: 'setuid' }, 'user'],
    ['evt.abspath', { type: 'mkdirat', paths: ['/a/b'] }, '/a/b'],
    ['evt.abspath.src', { type: 'linkat', paths: ['/old', '/new'] }, '/new'],
    ['evt.abspath.dst', { type: 'rename', paths: ['/old', '/new'] }, '/new'],
    ['syscall.type', { type: 'openat' }, 'openat'],
    ['syscall.type', { type: 'procexit' }, undefined],
  ])('%s of %o is %o', (field, event, expected) => {
    expect(value(event, field)).toEqual(expected);
  });

  test('local times agree with each other', () => {
    const view = testView({ timeNs: 1_500_000_000_000_000_001n });
    expect(fieldValue(view, 'evt.time')).toBe(`${String(fieldValue(view, 'evt.time.s'))}.000000001`);
    expect(fieldValue(view, 'evt.datetime')).toMatch(/^2017-07-1[345] \d\d:\d\d:\d\d\.000000001$/);
    expect(fieldValue(view, 'evt.datetime.s')).toMatch(/^2017-07-1[345] \d\d:\d\d:\d\d$/);
  });
});

describe('evt.is_open_*', () => {
  const O_WRONLY = 1;
  const O_RDWR = 2;
  const O_CREAT = 0o100;
  test.each<[event: TestEvent, read: boolean, write: boolean, exec: boolean, create: boolean]>([
    [{ type: 'openat', openFlags: 0 }, true, false, false, false],
    [{ type: 'open', openFlags: O_WRONLY }, false, true, false, false],
    [{ type: 'openat2', openFlags: O_RDWR }, true, true, false, false],
    [{ type: 'openat', openFlags: O_CREAT, openMode: 0o755, openCreated: true }, true, false, true, true],
    [{ type: 'openat', openFlags: O_CREAT | O_WRONLY, openMode: 0o644 }, false, true, false, false],
    [{ type: 'creat', openMode: 0o700, openCreated: true }, false, true, true, true],
    [{ type: 'open_by_handle_at', openFlags: O_RDWR }, true, true, false, false],
    [{ type: 'mkdir' }, false, false, false, false],
  ])('of %o', (event, read, write, exec, create) => {
    const view = testView(event);
    const of = (what: string) => fieldValue(view, `evt.is_open_${what}`);
    expect([of('read'), of('write'), of('exec'), of('create')]).toEqual([read, write, exec, create]);
  });
});
