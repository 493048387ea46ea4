import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { layerChanges, parseMounts, upperLayerOf } from './layers.js';
import { parseMaps } from './memory-dump.js';
import { orderOf } from './routes.js';
import { parseInet, parseUnix } from './socket-tables.js';

test.each([
  [
    '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 100 0 0 10 0',
    {
      protocol: 'tcp',
      local: '127.0.0.1:8080',
      remote: '0.0.0.0:0',
      state: 'listening',
      inode: 4242,
      uid: 1000,
    },
  ],
  [
    '   1: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 01 0:0 00:0 0  0 0 7 1',
    { local: '[::1]:53', remote: '[::]:0', state: 'established', inode: 7 },
  ],
  ['  sl  local_address', undefined],
  ['', undefined],
  ['   0: XYZ:1F90 00000000:0000 0A a b c 0 0 1', undefined],
])('the line %j of a table of sockets', (line, socket) => {
  const parsed = parseInet(line, 'tcp');
  if (socket === undefined) expect(parsed).toBeUndefined();
  else expect(parsed).toMatchObject(socket);
});

test.each([
  [
    '0000000000000000: 00000002 00000000 00010000 0001 01 12345 /run/a b.sock',
    { local: '/run/a b.sock', state: 'listening', inode: 12345 },
  ],
  ['0000000000000000: 00000003 00000000 00000000 0001 03 99', { local: '', state: 'connected', inode: 99 }],
  ['Num       RefCount', undefined],
])('the line %j of the table of unix sockets', (line, socket) => {
  const parsed = parseUnix(line);
  if (socket === undefined) expect(parsed).toBeUndefined();
  else expect(parsed).toMatchObject(socket);
});

test('maps are read with names that hold blanks', () => {
  const text =
    '55d0-55d1 r-xp 00000000 08:01 123    /usr/bin/my tool\n7ff0-7ff1 rw-p 00000000 00:00 0\nnonsense\n';
  expect(parseMaps(text)).toEqual([
    { start: '55d0', end: '55d1', permissions: 'r-xp', name: '/usr/bin/my tool' },
    { start: '7ff0', end: '7ff1', permissions: 'rw-p', name: '' },
  ]);
});

describe('the upper layer', () => {
  const line = (options: string): string => `1 0 0:1 / / rw,relatime - overlay overlay ${options}\n`;

  test.each([
    [
      line('rw,lowerdir=/l,upperdir=/var/lib/x/upper,workdir=/w'),
      { kind: 'overlay', folder: '/var/lib/x/upper' },
    ],
    [line('rw,lowerdir=/l,upperdir=/a\\040b\\,c,workdir=/w'), { kind: 'overlay', folder: '/a b,c' }],
    [line('ro,lowerdir=/l'), { kind: 'none' }],
    [line('rw,upperdir=up/per'), { kind: 'none' }],
    ['1 0 0:1 / / rw - ext4 /dev/sda1 rw\n', { kind: 'none', problem: expect.stringContaining('`ext4`') }],
    ['', { kind: 'none' }],
  ])('of the mounts %j', (text, layer) => {
    expect(upperLayerOf(parseMounts(text))).toMatchObject(layer);
  });

  test('is told entry by entry, with digests of files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'runward-upper-'));
    mkdirSync(join(folder, 'tmp'));
    writeFileSync(join(folder, 'tmp', 'tool'), 'x', { mode: 0o755 });
    symlinkSync('/etc/shadow', join(folder, 'tmp', 'link'));
    const { changes } = await layerChanges({ kind: 'overlay', folder });
    rmSync(folder, { recursive: true });
    expect(changes).toMatchObject([
      { path: '/tmp', kind: 'folder' },
      { path: '/tmp/link', kind: 'link', target: '/etc/shadow' },
      {
        ...{ path: '/tmp/tool', kind: 'file', executable: true, mode: '0755', bytes: 1 },
        sha256: '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
      },
    ]);
  });
});

test.each([
  [undefined, 'the body is no object'],
  [{}, '`container` is missing'],
  [{ container: 'a', why: 7 }, '`why` is no text'],
  [{ container: 'a', memory: ['1'] }, '`memory` is no list'],
  [{ container: 'a', memory: [0] }, '`memory` is no list'],
  [{ container: 'a', memoryBytes: -1 }, '`memoryBytes` is no number'],
])('the order %j is refused', (body, message) => {
  expect(() => orderOf(body)).toThrowError(
    expect.objectContaining({ message: expect.stringContaining(message) }),
  );
});
