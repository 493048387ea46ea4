import { readFileSync } from 'node:fs';
import {
  I386_TWINS,
  RwDispatch,
  RwFamily,
  RwSettings,
  RwSpecial,
  SYSCALLS,
  type SyscallSpec,
} from '@runward/events';
import { describe, expect, test } from 'vitest';
import { type CallInterest, EVERY_OUTCOME, type Scope, writeDispatchTables } from './dispatch-table.js';

const NONE = 0xff;
const RESULT = 0xfe;
const TABLES = {
  native: { base: RwSettings.native, rows: 1024 },
  compat: { base: RwSettings.compat, rows: 512 },
  socketcall: { base: RwSettings.socketcall, rows: 32 },
  uring: { base: RwSettings.uring, rows: 64 },
} as const;
type Table = keyof typeof TABLES;

interface Row {
  readonly name: string | undefined;
  readonly family: number;
  readonly scope: number;
  readonly fd: number;
  readonly paths: readonly number[];
  readonly dirs: readonly number[];
  readonly texts: readonly number[];
  readonly address: number;
  readonly special: number;
}
const nameOf = new Map(SYSCALLS.map((s) => [s.id, s.name]));

function tables(scopeOf: (id: number) => Scope): (table: Table, index: number) => Row {
  const settings = new DataView(new ArrayBuffer(RwSettings.size));
  writeDispatchTables(settings, ({ id }) => ({ scope: scopeOf(id), outcomes: EVERY_OUTCOME }));
  return (table, index) => {
    const at = TABLES[table].base + index * RwDispatch.size;
    const byte = (field: number): number => settings.getUint8(at + field);
    const two = (field: number): number[] => [byte(field), byte(field + 1)].filter((v) => v !== NONE);
    return {
      name: nameOf.get(settings.getUint16(at + RwDispatch.type, true)),
      family: byte(RwDispatch.family),
      scope: byte(RwDispatch.scope),
      fd: byte(RwDispatch.fd_arg),
      paths: two(RwDispatch.path_arg),
      dirs: [byte(RwDispatch.dir_arg), byte(RwDispatch.dir_arg + 1)],
      texts: two(RwDispatch.text_arg),
      address: byte(RwDispatch.addr_arg),
      special: byte(RwDispatch.special),
    };
  };
}
const row = tables(() => 3);
const nativeNumber = (s: SyscallSpec): number => (process.arch === 'arm64' ? s.arm64 : s.x86_64);
const native = (name: string): Row => {
  const spec = SYSCALLS.find((s) => s.name === name);
  return row('native', spec === undefined ? -1 : nativeNumber(spec));
};

test('the tables lie one behind the other, each as long as the kernel side has it', () => {
  const ends = Object.values(TABLES).map(({ base, rows }) => base + rows * RwDispatch.size);
  expect(ends.slice(0, 3)).toEqual([RwSettings.compat, RwSettings.socketcall, RwSettings.uring]);
  expect(ends[3]).toBe(RwSettings.open_clauses);
});

describe('every call lands at its number', () => {
  test.each(SYSCALLS)('$name', (spec) => {
    if (nativeNumber(spec) >= 0) expect(row('native', nativeNumber(spec)).name).toBe(spec.name);
    if (spec.i386 >= 0) expect(row('compat', spec.i386).name).toBe(spec.name);
  });

  test.each(I386_TWINS)('the old 32-bit $name at $i386', ({ name, i386 }) => {
    expect(row('compat', i386).name).toBe(name);
  });

  test.runIf(process.arch === 'x64').each([
    [514, 'ioctl'],
    [515, 'readv'],
    [517, 'recvfrom'],
    [518, 'sendmsg'],
    [520, 'execve'],
    [521, 'ptrace'],
    [528, 'kexec_load'],
    [537, 'recvmmsg'],
    [545, 'execveat'],
    [547, 'pwritev2'],
  ])('x32 number %i is %s', (number, name) => {
    expect(row('native', number).name).toBe(name);
  });

  test.each([
    [1, 'socket'],
    [3, 'connect'],
    [5, 'accept'],
    [9, 'sendto'],
    [11, 'sendto'],
    [16, 'sendmsg'],
    [18, 'accept4'],
    [20, 'sendmmsg'],
  ])('socketcall %i is %s', (number, name) => {
    expect(row('socketcall', number).name).toBe(name);
  });

  test.each([
    [1, 'readv'],
    [13, 'accept4'],
    [16, 'connect'],
    [18, 'openat'],
    [28, 'openat2'],
    [35, 'renameat2'],
    [36, 'unlinkat'],
    [45, 'socket'],
    [57, 'listen'],
  ])('io_uring operation %i is %s', (number, name) => {
    expect(row('uring', number).name).toBe(name);
  });

  test('and nothing else is asked for', () => {
    const numbers = new Set(SYSCALLS.map(nativeNumber));
    for (let i = 0; i < 512; i += 1)
      if (!numbers.has(i)) expect(row('native', i).scope, `number ${i}`).toBe(0);
  });
});

/** Names the headers have for a call of the table where it is not `__NR_` and our name. */
const HEADER_NAMES: Readonly<Record<string, string>> = { pread: 'pread64', pwrite: 'pwrite64' };
const WIDE = /^(?:chown|lchown|fchown|set(?:re|res)?[ug]id|setfs[ug]id)$/;
const WIDE64 = new Set(['truncate', 'ftruncate', 'fcntl', 'sendfile']);
const I386_NAMES: Readonly<Record<string, string>> = { mmap: 'mmap2' };

function header(file: string): ReadonlyMap<string, number> {
  const text = readFileSync(`/usr/include/x86_64-linux-gnu/asm/${file}`, 'utf8');
  return new Map([...text.matchAll(/^#define __NR_(\w+) (\d+)$/gm)].map((m) => [m[1] ?? '', Number(m[2])]));
}

describe.runIf(process.arch === 'x64')('the numbers are those of the system headers', () => {
  const [wide, narrow] = [header('unistd_64.h'), header('unistd_32.h')];
  test.each(SYSCALLS)('$name', (spec) => {
    const name = HEADER_NAMES[spec.name] ?? spec.name;
    const newer = WIDE.test(name) ? `${name}32` : WIDE64.has(name) ? `${name}64` : (I386_NAMES[name] ?? name);
    // A call newer than the headers of this machine is not in them.
    if (wide.has(name)) expect(spec.x86_64).toBe(wide.get(name));
    if (narrow.has(newer)) expect(spec.i386).toBe(narrow.get(newer));
  });
  test('most are there to compare with', () => {
    expect(SYSCALLS.filter((s) => wide.has(s.name) && narrow.has(s.name)).length).toBeGreaterThan(100);
  });
});

describe('a row says where the arguments are', () => {
  test.each<[string, Partial<Row>]>([
    ['openat', { paths: [1], dirs: [0, NONE], fd: NONE, special: RwSpecial.RW_SPECIAL_OPENAT }],
    ['renameat2', { paths: [1, 3], dirs: [0, 2], texts: [] }],
    ['mkdirat', { paths: [1], dirs: [0, NONE] }],
    ['symlinkat', { texts: [0], paths: [2], dirs: [1, NONE] }],
    ['mount', { texts: [0, 2], paths: [1], dirs: [NONE, NONE] }],
    ['connect', { fd: 0, address: 1, special: RwSpecial.RW_SPECIAL_CONNECT }],
    ['sendto', { fd: 0, address: 4, special: RwSpecial.RW_SPECIAL_SEND }],
    ['execve', { texts: [0], paths: [], family: RwFamily.RW_FAM_EXEC }],
    ['execveat', { texts: [1], paths: [], dirs: [NONE, NONE] }],
    ['socket', { fd: RESULT }],
    ['dup3', { fd: RESULT }],
    ['close', { fd: NONE, family: RwFamily.RW_FAM_FD }],
    ['mmap', { fd: 4 }],
    ['sendfile', { fd: 0 }],
    ['kill', { fd: NONE, family: RwFamily.RW_FAM_SYS, special: 0 }],
    ['finit_module', { fd: 0, texts: [1] }],
    ['memfd_create', { texts: [0] }],
    ['chdir', { paths: [0], special: RwSpecial.RW_SPECIAL_CWD }],
  ])('%s', (name, expected) => {
    expect(native(name)).toMatchObject(expected);
  });

  test('no argument is outside the six registers', () => {
    for (const spec of SYSCALLS) {
      if (nativeNumber(spec) < 0) continue;
      const { fd, paths, dirs, texts, address } = native(spec.name);
      for (const index of [...paths, ...dirs, ...texts, address, fd]) {
        expect(index < 6 || index === NONE || index === RESULT, `${spec.name}: ${index}`).toBe(true);
      }
    }
  });

  test('socketcall send and recv have no address, sendto and recvfrom have', () => {
    expect([9, 10, 11, 12].map((sub) => row('socketcall', sub).address)).toEqual([
      NONE,
      NONE,
      4,
      native('recvfrom').address,
    ]);
  });
});

describe('scope', () => {
  const openatId = SYSCALLS.find((s) => s.name === 'openat')?.id;
  const asked = tables((id) => (id === openatId ? 1 : 0));

  test('is the same at every door of a call', () => {
    const spec = SYSCALLS.find((s) => s.id === openatId);
    expect(asked('native', spec === undefined ? 0 : nativeNumber(spec)).scope).toBe(1);
    expect(asked('compat', 295).scope).toBe(1);
    expect(asked('uring', 18).scope).toBe(1);
  });

  test('of what nobody asks for is nobody', () => {
    expect(asked('compat', 5)).toMatchObject({ name: 'open', scope: 0 });
    expect(asked('uring', 28)).toMatchObject({ name: 'openat2', scope: 0 });
  });
});

describe('answers of name servers', () => {
  const settings = new DataView(new ArrayBuffer(RwSettings.size));
  const receiving = ({ name }: SyscallSpec): CallInterest => ({
    scope: name === 'recvfrom' ? 1 : 0,
    outcomes: 1,
  });
  const at = (name: string): number => {
    const spec = SYSCALLS.find((s) => s.name === name);
    return RwSettings.native + (spec === undefined ? 0 : nativeNumber(spec)) * RwDispatch.size;
  };
  const scopes = (name: string): readonly number[] => [
    settings.getUint8(at(name) + RwDispatch.scope),
    settings.getUint8(at(name) + RwDispatch.only_answers),
  ];

  test('let only answers through for those whose calls nobody asked for', () => {
    writeDispatchTables(settings, receiving, 3);
    expect(scopes('read')).toEqual([3, 3]);
    expect(scopes('recvfrom')).toEqual([3, 2]);
    expect(scopes('write')).toEqual([0, 0]);
    writeDispatchTables(settings, receiving);
    expect(scopes('read')).toEqual([0, 0]);
    expect(scopes('recvfrom')).toEqual([1, 0]);
  });
});
