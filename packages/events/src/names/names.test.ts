import { describe, expect, test } from 'vitest';
import { SYSCALLS } from '../syscalls.js';
import { isArgKind } from './arg-kinds.js';
import { capabilityNames } from './capabilities.js';
import { errnoName, isError } from './errno.js';
import { MOUNT_FLAGS, OPEN_FLAGS, openFlagsOf } from './files.js';
import { BPF_COMMANDS, KEYCTL_OPTIONS } from './kernel.js';
import { PRCTL_OPTIONS, PTRACE_REQUESTS, SIGNALS } from './processes.js';
import { SOCKET_FAMILIES } from './sockets.js';
import { bits, enumName, flagNames, names } from './table.js';

test('names count on from the number before them', () => {
  expect([...names('A=1 B C=0x10 D')]).toEqual([
    [1, 'A'],
    [2, 'B'],
    [16, 'C'],
    [17, 'D'],
  ]);
});

describe('flagNames', () => {
  const table = bits('AB=3 A=1 B=2 C=4', {
    zero: 'NONE',
    masked: [{ mask: 0xf0, names: new Map([[0x10, 'ONE']]) }],
  });
  test.each<[value: number, expected: string]>([
    [0, 'NONE'],
    [1, 'A'],
    [3, 'AB'],
    [5, 'A|C'],
    [0x10, 'ONE'],
    [0x20, '0x20'],
    [0x1002, 'B|0x1000'],
    [2 ** 40, '0x10000000000'],
    [-1, 'AB|C|0xfffffff8'],
  ])('of %i', (value, expected) => {
    expect(flagNames(table, value)).toBe(expected);
    expect(flagNames(table, value)).toBe(expected);
  });
  test('stay right when more values come than are kept', () => {
    for (let value = 8; value < 2000; value++) flagNames(table, value * 256);
    expect(flagNames(table, 0x700_0001)).toBe('A|0x7000000');
  });
});

// Spot checks against the headers: the last name of a run is wrong if one before it is missing or doubled.
test.each<[table: ReadonlyMap<number, string>, value: number, name: string]>([
  [BPF_COMMANDS, 35, 'BPF_PROG_BIND_MAP'],
  [BPF_COMMANDS, 28, 'BPF_LINK_CREATE'],
  [KEYCTL_OPTIONS, 32, 'KEYCTL_WATCH_KEY'],
  [PTRACE_REQUESTS, 17, 'PTRACE_DETACH'],
  [PTRACE_REQUESTS, 33, 'PTRACE_SINGLEBLOCK'],
  [PTRACE_REQUESTS, 0x420f, 'PTRACE_GET_RSEQ_CONFIGURATION'],
  [PRCTL_OPTIONS, 16, 'PR_GET_NAME'],
  [PRCTL_OPTIONS, 47, 'PR_CAP_AMBIENT'],
  [PRCTL_OPTIONS, 64, 'PR_SME_GET_VL'],
  [SIGNALS, 31, 'SIGSYS'],
  [SOCKET_FAMILIES, 17, 'AF_PACKET'],
  [SOCKET_FAMILIES, 38, 'AF_ALG'],
  [SOCKET_FAMILIES, 45, 'AF_MCTP'],
])('table %# names %i %s', (table, value, name) => {
  expect(enumName(table, value)).toBe(name);
});

test.each<[errno: number, name: string]>([
  [1, 'EPERM'],
  [11, 'EAGAIN'],
  [40, 'ELOOP'],
  [42, 'ENOMSG'],
  [57, 'EBADSLT'],
  [59, 'EBFONT'],
  [95, 'EOPNOTSUPP'],
  [115, 'EINPROGRESS'],
  [133, 'EHWPOISON'],
  [512, 'ERESTARTSYS'],
  [516, 'ERESTART_RESTARTBLOCK'],
  [4000, 'E4000'],
])('error %i is %s', (errno, name) => {
  expect(errnoName(errno)).toBe(name);
});

test('errors are the last 4095 negative numbers', () => {
  expect([-1, -4095, -4096, 0, 1].map(isError)).toEqual([true, true, false, false, false]);
});

test('capabilities are listed lowest first', () => {
  expect(capabilityNames(0n)).toBe('');
  expect(capabilityNames((1n << 39n) | (1n << 12n))).toBe('CAP_NET_ADMIN CAP_BPF');
  expect(capabilityNames((1n << 41n) - 1n).split(' ')).toHaveLength(41);
});

test('the open flags of arm64 differ from those of x86', () => {
  expect(flagNames(openFlagsOf('x64'), 0o200000)).toBe('O_RDONLY|O_DIRECTORY');
  expect(flagNames(openFlagsOf('arm64'), 0o40000)).toBe('O_RDONLY|O_DIRECTORY');
});

test('combined open flags win over their parts', () => {
  expect(flagNames(OPEN_FLAGS, 0o4010002)).toBe('O_RDWR|O_SYNC');
  expect(flagNames(OPEN_FLAGS, 0o10000)).toBe('O_RDONLY|O_DSYNC');
});

test('mount flags above bit 15 have their own names', () => {
  expect(flagNames(MOUNT_FLAGS, 2 ** 17 + 2 ** 18 + 16384)).toBe('MS_REC|MS_UNBINDABLE|MS_PRIVATE');
});

test('every kind of the system call table is a known kind', () => {
  const kinds = SYSCALLS.flatMap((s) => s.args.split(' ').filter(Boolean)).map(
    (arg) => arg.split(':')[1] ?? '',
  );
  expect(kinds.filter((kind) => !isArgKind(kind))).toEqual([]);
});
