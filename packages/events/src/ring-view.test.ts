import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVENT_TYPES } from './event-types.js';
import {
  RwCgroup,
  RwExec,
  RwExit,
  RwFd,
  RwFork,
  RwHdr,
  RwKind,
  RwOpen,
  RwPath,
  RwSys,
} from './layout.generated.js';
import { normalizePath, type PathResolver, RingView } from './ring-view.js';
import {
  fdRecord,
  forkRecord,
  openRecord,
  pathRecord,
  sysRecord,
  testAccounts,
  testProcess,
} from './testing/index.js';
import { EventFlag } from './view.js';

/** Knows nothing: paths stay what the record says. */
const blind: PathResolver = { resolve: () => undefined, hostPath: () => undefined };

function viewOf(record: Uint8Array<ArrayBuffer>, resolver = blind): RingView {
  const view = new RingView(resolver, testProcess(), testAccounts);
  expect(view.attach(new DataView(record.buffer), record, 0, record.length)).toBe(true);
  return view;
}

/** Every getter there is, also those that are added later. */
const GETTERS = Object.entries(Object.getOwnPropertyDescriptors(RingView.prototype)).flatMap(([name, p]) =>
  p.get === undefined ? [] : [name as keyof RingView],
);

function readEverything(view: RingView): void {
  for (const name of GETTERS) void view[name];
  for (const operand of [0, 1] as const) {
    view.path(operand);
    view.rawPath(operand);
    view.hostPath(operand);
    view.text(operand);
  }
  for (let i = -1; i <= 7; i += 1) {
    view.arg(Math.max(0, i));
    view.arg64(Math.max(0, i));
    view.argInt(Math.max(0, i));
  }
  view.copy();
}

const bytes = fc.uint8Array({ minLength: 0, maxLength: 600 });
const kinds = fc.integer({ min: 0, max: 10 });
const types = fc.oneof(fc.constantFrom(...EVENT_TYPES.map((t) => t.id)), fc.nat(0xffff));

describe('damaged records', () => {
  test('the list of getters is not empty', () => {
    expect(GETTERS.length).toBeGreaterThan(30);
  });

  test('arbitrary bytes never throw, whatever they claim to be and wherever they lie', () => {
    fc.assert(
      fc.property(bytes, kinds, types, fc.nat(64), fc.nat(700), (noise, kind, type, offset, length) => {
        const memory = new Uint8Array(offset + noise.length);
        memory.set(noise, offset);
        const data = new DataView(memory.buffer);
        if (noise.length > RwHdr.kind) {
          memory[offset + RwHdr.kind] = kind;
          data.setUint16(offset + RwHdr.type, type, true);
        }
        const view = new RingView(blind, testProcess(), testAccounts);
        if (view.attach(data, memory, offset, length)) {
          expect(offset + length).toBeLessThanOrEqual(memory.length);
          readEverything(view);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('spans that point outside the record give nothing', () => {
    const at = [RwOpen.path, RwOpen.raw, RwOpen.base, RwSys.data, RwSys.text];
    fc.assert(
      fc.property(fc.constantFrom(...at), fc.nat(0xffff), fc.nat(0xffff), (span, off, len) => {
        const record = openRecord({ path: '/a' });
        const data = new DataView(record.buffer);
        data.setUint16(span, off, true);
        data.setUint16(span + 2, len, true);
        const view = viewOf(record);
        readEverything(view);
        const inside = len > 0 && off + len <= record.length;
        expect(view.span(span) !== undefined).toBe(inside);
        expect(view.spanText(span) !== undefined).toBe(inside);
      }),
    );
  });

  test.each([
    ['system call', RwKind.RW_K_SYS, RwSys.size],
    ['open', RwKind.RW_K_OPEN, RwOpen.size],
    ['path', RwKind.RW_K_PATH, RwPath.size],
    ['descriptor', RwKind.RW_K_FD, RwFd.size],
    ['exec', RwKind.RW_K_EXEC, RwExec.size],
    ['fork', RwKind.RW_K_FORK, RwFork.size],
    ['exit', RwKind.RW_K_EXIT, RwExit.size],
    ['cgroup', RwKind.RW_K_CGROUP, RwCgroup.size],
  ])('a %s record is taken only when its fixed part is whole', (_, kind, size) => {
    const view = new RingView(blind, testProcess(), testAccounts);
    const memory = new Uint8Array(size);
    memory[RwHdr.kind] = kind;
    const data = new DataView(memory.buffer);
    expect(view.attach(data, memory, 0, size)).toBe(true);
    expect(view.attach(data, memory, 0, size - 1)).toBe(false);
    expect(view.attach(data, memory, 1, size)).toBe(false);
    expect(view.attach(data, memory, 0, 0)).toBe(false);
  });

  test.each([0, 9, 255])('kind %i is no record', (kind) => {
    const memory = new Uint8Array(400);
    memory[RwHdr.kind] = kind;
    const view = new RingView(blind, testProcess(), testAccounts);
    expect(view.attach(new DataView(memory.buffer), memory, 0, memory.length)).toBe(false);
  });
});

const u32 = fc.nat(0xffff_ffff);
const name = fc.stringMatching(/^[a-zA-Z0-9_äß€-]{1,20}$/);
const absolute = fc.array(name, { minLength: 1, maxLength: 6 }).map((parts) => `/${parts.join('/')}`);

describe('well-formed records', () => {
  test('the header comes back as it was written', () => {
    fc.assert(
      fc.property(
        fc.record({
          type: fc.constantFrom('kill', 'setuid', 'bpf', 'mprotect'),
          timeNs: fc.bigInt(0n, 2n ** 62n),
          cgroup: fc.nat(2 ** 52),
          startNs: fc.nat(2 ** 52),
          result: fc.integer({ min: -4095, max: 0x7fff_ffff }),
          pid: u32,
          tid: u32,
          cpu: fc.nat(0xffff),
          flags: fc.nat(0x1f),
          args: fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { minLength: 6, maxLength: 6 }),
        }),
        (facts) => {
          const view = viewOf(sysRecord(facts));
          view.epochOffsetNs = 5n;
          const { timeNs, type, cgroup, args, ...rest } = facts;
          expect(view).toMatchObject({ ...rest, typeName: type, cgroupId: cgroup, timeNs: timeNs + 5n });
          expect(args.map((_, i) => view.arg64(i))).toEqual(args);
          expect(args.map((_, i) => view.arg(i))).toEqual(args.map(Number));
          expect(args.map((_, i) => view.argInt(i))).toEqual(args.map((a) => Number(BigInt.asIntN(32, a))));
        },
      ),
    );
  });

  test('an open tells its paths, flags and file', () => {
    fc.assert(
      fc.property(
        absolute,
        name,
        u32,
        fc.nat(0xfff),
        fc.bigInt(1n, 2n ** 64n - 1n),
        (path, raw, flags, minor, inode) => {
          const facts = {
            path,
            raw,
            result: 7,
            openFlags: flags,
            inode,
            dev: (8 << 20) | minor,
            mode: 0o100644,
          };
          const view = viewOf(openRecord({ ...facts, objectUid: 1000 }));
          expect(view).toMatchObject({ fd: 7, openFlags: flags, inode, deviceMajor: 8, deviceMinor: minor });
          expect(view).toMatchObject({
            objectKind: 'file',
            fileMode: 0o100644,
            fileUid: 1000,
            socketFamily: undefined,
          });
          expect([view.path(0), view.rawPath(0), view.path(1)]).toEqual([path, raw, undefined]);
        },
      ),
    );
  });

  test('one view reads record after record without a trace of the one before', () => {
    const view = new RingView(blind, testProcess(), testAccounts);
    const attach = (record: Uint8Array<ArrayBuffer>): void =>
      void view.attach(new DataView(record.buffer), record, 0, record.length);
    attach(openRecord({ path: '/one', mode: 0o100600, result: 3 }));
    expect([view.path(0), view.objectKind, view.fd]).toEqual(['/one', 'file', 3]);
    attach(pathRecord({ type: 'renameat2', raws: ['/two', '/three'] }));
    expect([view.path(0), view.path(1), view.objectKind, view.fd]).toEqual([
      '/two',
      '/three',
      'none',
      undefined,
    ]);
    attach(sysRecord({ type: 'kill' }));
    expect([view.path(0), view.path(1), view.objectKind, view.inode]).toEqual([
      undefined,
      undefined,
      'none',
      undefined,
    ]);
  });

  test("a failed open is the caller's string below the directory it starts from", () => {
    const view = viewOf(openRecord({ raw: '../etc/./shadow', base: '/srv/www', result: -13, fd: -13 }));
    expect([view.path(0), view.fd, view.objectKind]).toEqual(['/srv/etc/shadow', -1, 'file']);
    expect(viewOf(openRecord({ raw: 'x', result: -2 })).path(0)).toBeUndefined();
    expect(viewOf(openRecord({ base: '/srv', result: -2 })).path(0)).toBe('/srv');
  });

  test('what a caller wrote is resolved as its process would, the last link only where the call follows it', () => {
    const asked: unknown[] = [];
    const resolver: PathResolver = {
      resolve: (process, ...question) => {
        asked.push([process, ...question]);
        return '/resolved';
      },
      hostPath: () => undefined,
    };
    expect(viewOf(pathRecord({ type: 'unlinkat', raws: ['a'], bases: ['/b'] }), resolver).path(0)).toBe(
      '/resolved',
    );
    expect(viewOf(pathRecord({ type: 'chmod', raws: ['/a'] }), resolver).path(0)).toBe('/resolved');
    expect(asked).toEqual([
      [testProcess(), '/b/a', false],
      [testProcess(), '/a', true],
    ]);
  });

  test('a path is resolved once however often it is asked for', () => {
    let asked = 0;
    const resolver: PathResolver = {
      resolve: () => `/${++asked}`,
      hostPath: (_, __, path) => `/host${path}`,
    };
    const view = viewOf(pathRecord({ type: 'mkdir', raws: ['/x'] }), resolver);
    expect([view.path(0), view.path(0), view.hostPath(0)]).toEqual(['/1', '/1', '/host/1']);
  });

  test('a fork tells the child and nothing of a system call', () => {
    const view = viewOf(forkRecord({ pid: 7, childPid: 8, comm: 'make' }));
    expect(view).toMatchObject({
      pid: 7,
      childPid: 8,
      typeName: 'procstart',
      fd: undefined,
      data: undefined,
    });
    expect([view.arg(0), view.arg64(0), view.text(0)]).toEqual([0, 0n, undefined]);
  });

  test('a result nobody knows is none', () => {
    expect(viewOf(sysRecord({ result: -1 })).result).toBe(-1);
    expect(viewOf(sysRecord({ result: -1, flags: EventFlag.noResult })).result).toBeUndefined();
  });
});

const inet = (family: number, port: number, address: readonly number[]): Uint8Array => {
  const pad = family === 10 ? [0, 0, 0, 0] : [];
  const tail = family === 10 ? [0, 0, 0, 0] : [0, 0, 0, 0, 0, 0, 0, 0];
  return Uint8Array.of(family, 0, port >> 8, port & 255, ...pad, ...address, ...tail);
};
const V6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 9];
const AF_INET = 2;
const AF_INET6 = 10;

describe('sockets', () => {
  test('addresses come from the socket', () => {
    const view = viewOf(
      fdRecord({
        type: 'connect',
        fd: 5,
        family: AF_INET,
        socketType: 1,
        protocol: 6,
        state: 1,
        role: 1,
        local: [10, 0, 0, 2],
        localPort: 40000,
        remote: [10, 0, 0, 1],
        remotePort: 443,
      }),
    );
    expect(view).toMatchObject({
      objectKind: 'ipv4',
      transport: 'tcp',
      localIp: '10.0.0.2',
      localPort: 40000,
      remoteIp: '10.0.0.1',
      remotePort: 443,
      isServer: false,
      socketConnected: true,
      callerIp: undefined,
      fd: 5,
    });
  });

  test.each([
    ['IPv4', AF_INET, inet(AF_INET, 53, [10, 0, 0, 9]), '10.0.0.9'],
    ['IPv6', AF_INET6, inet(AF_INET6, 53, V6), '2001:db8::9'],
    ['v4-mapped', AF_INET6, inet(AF_INET6, 53, MAPPED), '10.0.0.9'],
  ])('an unconnected %s socket sends where the caller said', (_, family, address, ip) => {
    const view = viewOf(fdRecord({ type: 'sendto', family, protocol: 17, address }));
    expect(view).toMatchObject({
      transport: 'udp',
      remoteIp: ip,
      remotePort: 53,
      callerIp: ip,
      callerPort: 53,
    });
  });

  test('an address to bind to is no peer', () => {
    const view = viewOf(
      fdRecord({ type: 'bind', family: AF_INET, address: inet(AF_INET, 80, [0, 0, 0, 0]) }),
    );
    expect(view).toMatchObject({ remoteIp: undefined, remotePort: undefined });
  });

  test('a v4-mapped peer is an IPv4 connection', () => {
    const view = viewOf(
      fdRecord({ type: 'accept4', family: AF_INET6, protocol: 6, remote: MAPPED, remotePort: 9, role: 2 }),
    );
    expect(view).toMatchObject({ objectKind: 'ipv4', remoteIp: '10.0.0.9', isServer: true });
  });

  test.each([
    ['bound name', { path: '/run/docker.sock' }, '/run/docker.sock'],
    ['abstract name', { path: '\0dbus\0\0' }, '@dbus'],
    [
      'name the caller gave',
      { address: Uint8Array.of(1, 0, ...new TextEncoder().encode('/run/x'), 0, 9) },
      '/run/x',
    ],
    ['abstract name the caller gave', { address: Uint8Array.of(1, 0, 0, 0x78, 0x79) }, '@xy'],
  ])('a unix socket is known by its %s', (_, facts, path) => {
    const view = viewOf(fdRecord({ type: 'connect', family: 1, ...facts }));
    expect([view.objectKind, view.unixPath, view.path(0)]).toEqual(['unix', path, undefined]);
  });
});

describe('normalizePath', () => {
  const messy = fc
    .array(fc.oneof(name, fc.constantFrom('.', '..', '')), { maxLength: 10 })
    .map((parts) => `/${parts.join('/')}`);

  test('the result is absolute, has no empty, `.` or `..` part, and normalizing again changes nothing', () => {
    fc.assert(
      fc.property(messy, (path) => {
        const plain = normalizePath(path);
        expect(plain.startsWith('/')).toBe(true);
        const parts = plain === '/' ? [] : plain.slice(1).split('/');
        expect(parts.every((part) => part !== '' && part !== '.' && part !== '..')).toBe(true);
        expect(normalizePath(plain)).toBe(plain);
      }),
    );
  });

  test('it means what a URL path of the same text means', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', '.', '..'), { maxLength: 8 }), (parts) => {
        const path = `/${parts.join('/')}`;
        const url = new URL(`file://${path}`).pathname;
        expect(normalizePath(path)).toBe(url.replace(/\/+$/, '') || '/');
      }),
    );
  });

  test('names that begin with dots are names', () => {
    expect(normalizePath('/a/.../..b/.c')).toBe('/a/.../..b/.c');
  });
});
