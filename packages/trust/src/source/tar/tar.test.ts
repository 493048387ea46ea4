import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { tarOf } from '../../testing/index.js';
import { ArchiveFiles } from './archive-files.js';
import { readTar } from './tar.js';

const folder = mkdtempSync(join(tmpdir(), 'runward-trust-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function listed(bytes: Uint8Array, size = 1000) {
  const found: (readonly [path: string, type: string, text: string])[] = [];
  for await (const { path, type, content } of readTar(inChunks(bytes, size))) {
    const parts: Uint8Array[] = [];
    if (type === 'file') for await (const part of content()) parts.push(part);
    found.push([path, type, Buffer.concat(parts).toString()]);
  }
  return found;
}

describe('what `tar` writes is read', () => {
  const long = `${'d'.repeat(90)}/${'e'.repeat(90)}`;
  const root = join(folder, 'root');
  mkdirSync(join(root, long), { recursive: true });
  writeFileSync(join(root, long, 'ünder'), 'deep');
  writeFileSync(join(root, 'empty'), '');
  symlinkSync('empty', join(root, 'link'));

  test.each(['gnu', 'pax', 'ustar'])('%s', async (format) => {
    const file = join(folder, `${format}.tar`);
    execFileSync('tar', ['--sort=name', `--format=${format}`, '-C', root, '-cf', file, '.']);
    const entries = await listed(readFileSync(file));
    expect(entries).toContainEqual([`./${long}/ünder`, 'file', 'deep']);
    expect(entries).toContainEqual(['./empty', 'file', '']);
    expect(entries.find(([path]) => path === './link')?.[1]).toBe('symlink');
  });
});

test('the parts in which bytes come make no difference', async () => {
  const tar = tarOf({ a: 'x'.repeat(700), 'b/c': 'y' });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2000 }), async (size) => {
      expect(await listed(tar, size)).toEqual([
        ['a', 'file', 'x'.repeat(700)],
        ['b/c', 'file', 'y'],
      ]);
    }),
    { numRuns: 20 },
  );
});

test('whatever bytes come, the answer is entries or an error with a code', async () => {
  const tar = tarOf({ a: 'x'.repeat(700), 'b/c': 'y' });
  await fc.assert(
    fc.asyncProperty(fc.nat(tar.length - 1), fc.nat(255), fc.nat(tar.length), async (at, byte, length) => {
      const broken = Buffer.from(tar.subarray(0, length));
      if (at < broken.length) broken[at] = byte;
      try {
        await listed(broken);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ARCHIVE_MALFORMED' });
      }
    }),
    { numRuns: 200 },
  );
});

describe('an archive is refused', () => {
  const opened = async (bytes: Buffer) => {
    const file = join(folder, 'archive.tar');
    writeFileSync(file, bytes);
    return ArchiveFiles.open(file);
  };
  test.each([
    [
      'that has a file twice',
      Buffer.concat([tarOf({ a: '1' }).subarray(0, 1024), tarOf({ './a': '2' })]),
      /twice/,
    ],
    ['that is compressed', Buffer.from([0x1f, 0x8b, 8, 0]), /compressed/],
    ['that is none', Buffer.alloc(512, 'x'), /no tar file/],
  ])('%s', (_, bytes, message) => expect(opened(bytes)).rejects.toThrow(message));
});
