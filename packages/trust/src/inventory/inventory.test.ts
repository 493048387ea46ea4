import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { LayoutFolder, LayoutSource } from '../source/index.js';
import { TestRepository, tarOf, writeLayout } from '../testing/index.js';
import { compareTree, driftOf, takeInventory } from './index.js';
import { unpacked } from './unpack.js';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});
const scratch = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'runward-trust-'));
  folders.push(folder);
  return folder;
};

const program = (text: string) => ({ text: `#!/bin/sh\n${text}\n`, mode: 0o755 });

async function inventoryOf(layers: Parameters<TestRepository['image']>[0]) {
  const repository = new TestRepository();
  repository.image({ tag: 'latest', ...layers });
  const folder = scratch();
  writeLayout(repository, folder);
  return takeInventory(new LayoutSource(new LayoutFolder(folder), undefined));
}

describe('the inventory is what the topmost layer leaves', () => {
  test('programs and libraries with their layer, without what later layers took away or replaced', async () => {
    const { executables, layers } = await inventoryOf({
      layers: [
        {
          './bin/a': program('a'),
          './bin/b': program('b'),
          './opt/x/c': program('c'),
          './lib/l.so': '\u007fELF',
          './etc/text': 'x',
        },
        {
          './bin/.wh.b': '',
          './bin/a': program('other'),
          './opt/x/.wh..wh..opq': '',
          './opt/x/d': program('d'),
        },
        { './opt/x/d': 'no program any more' },
      ],
    });
    expect([...executables].map(([path, { layer }]) => [path, layer])).toEqual([
      ['/bin/a', 1],
      ['/lib/l.so', 0],
    ]);
    expect(layers.map(({ executables: n }) => n)).toEqual([4, 2, 0]);
    expect(layers[0]?.chainId).not.toBe(layers[1]?.chainId);
  });

  test('names that climb above the root stay at it', async () => {
    const { executables } = await inventoryOf({ layers: [{ '../../bin/a': program('a') }] });
    expect([...executables.keys()]).toEqual(['/bin/a']);
  });
});

test('a file is of the image, changed, moved or new', async () => {
  const inventory = await inventoryOf({ layers: [{ 'bin/a': program('a') }] });
  const sha256 = inventory.executables.get('/bin/a')?.sha256 ?? '';
  expect(driftOf(inventory, '/bin/a', sha256)).toBe('image');
  expect(driftOf(inventory, '/bin/a', 'f00')).toBe('changed');
  expect(driftOf(inventory, '/tmp/a', sha256)).toBe('moved');
  expect(driftOf(inventory, '/tmp/a', 'f00')).toBe('new');
});

test('a tree is compared with its image, without following links', async () => {
  const inventory = await inventoryOf({ layers: [{ 'bin/a': program('a'), 'bin/b': program('b') }] });
  const root = scratch();
  mkdirSync(join(root, 'bin'));
  mkdirSync(join(root, 'tmp'));
  writeFileSync(join(root, 'bin/a'), '#!/bin/sh\nchanged\n');
  writeFileSync(join(root, 'tmp/new'), 'x');
  writeFileSync(join(root, 'tmp/text'), 'x');
  chmodSync(join(root, 'tmp/new'), 0o755);
  symlinkSync('/bin', join(root, 'outside'));
  const { drifted, removed, unread } = await compareTree(inventory, root);
  expect(drifted.map(({ path, drift }) => [path, drift]).toSorted()).toEqual([
    ['/bin/a', 'changed'],
    ['/tmp/new', 'new'],
  ]);
  expect(removed).toEqual(['/bin/b']);
  expect(unread).toEqual([]);
});

describe('a layer is unpacked within bounds', () => {
  const chunks = async function* (bytes: Buffer) {
    yield bytes;
  };
  const all = async (bytes: Buffer, maxBytes: number) => {
    const parts: Uint8Array[] = [];
    for await (const part of unpacked(chunks(bytes), maxBytes)) parts.push(part);
    return Buffer.concat(parts);
  };
  const tar = tarOf({ a: 'x' });

  test('zstd, and not packed at all', async () => {
    expect(await all(zstdCompressSync(tar), 1e6)).toEqual(tar);
    expect(await all(tar, 1e6)).toEqual(tar);
  });

  test('one that grows beyond them, or is broken, is refused', async () => {
    await expect(all(zstdCompressSync(Buffer.alloc(1e6)), 1e5)).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
    });
    await expect(all(Buffer.from([0x1f, 0x8b, 1, 2, 3]), 1e5)).rejects.toMatchObject({
      code: 'IMAGE_MALFORMED',
    });
  });
});
