import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bundleStatement, Signer } from '../log/keys.js';
import { TarReader, tarEnd, tarHead } from './tar.js';
import { verifyBundle } from './verify-bundle.js';
import { type BundlePart, writeBundle } from './write-bundle.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-bundle-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const signer = Signer.generate();

async function made(parts: readonly BundlePart[], signed = true): Promise<Buffer> {
  const target = new PassThrough();
  const bytes = buffer(target);
  bytes.catch(() => undefined); // told by what writes
  await writeBundle(target, parts, {
    ...{ about: 'inc-1', at: '2026-11-30T12:00:00.000Z', producer: 'test', host: 'node' },
    sign: async (digest) =>
      signed
        ? {
            log: 'log',
            key: signer.publicKey,
            signature: signer.sign(bundleStatement('log', digest)),
            seq: 7,
          }
        : undefined,
  });
  return bytes;
}

const verify = (bytes: Uint8Array, key?: string) => verifyBundle(Readable.from([bytes]), key);
const PARTS: readonly BundlePart[] = [
  { path: 'report.html', text: '<p>' },
  { path: `captures/${'a'.repeat(80)}/${'b'.repeat(60)}.json`, text: '{}' },
];

/** The archive with something done to it, compressed again. */
const tampered = (bundle: Buffer, change: (archive: Buffer) => Buffer): Buffer =>
  zstdCompressSync(change(zstdDecompressSync(bundle)));

function replace(archive: Buffer, from: string, to: string): Buffer {
  const at = archive.indexOf(from);
  expect(at).toBeGreaterThanOrEqual(0);
  const copy = Buffer.from(archive);
  copy.write(to, at);
  return copy;
}

function file(path: string, text: string): Buffer {
  const padded = Buffer.alloc(512);
  padded.write(text);
  return Buffer.concat([tarHead({ path, bytes: text.length, modifiedMs: 0 }), padded]);
}

describe('a bundle', () => {
  test('holds by its manifest and its signature, with files of the disk in it', async () => {
    const large = join(folder, 'large.bin');
    writeFileSync(large, Buffer.alloc(3_000_000, 7));
    const report = await verify(await made([...PARTS, { path: 'large.bin', file: large }]), signer.publicKey);
    expect(report).toMatchObject({ problems: [], files: 5, signature: { key: signer.publicKey, seq: 7 } });
    expect(report.manifest).toMatchObject({
      about: 'inc-1',
      files: [{ path: 'report.html', bytes: 3 }, {}, { bytes: 3_000_000 }],
    });
  });

  test.each<readonly [string, (archive: Buffer) => Buffer, string]>([
    ['changed', (archive) => replace(archive, '<p>', '<b>'), '`report.html` was changed'],
    ['added', (archive) => Buffer.concat([file('extra', 'x'), archive]), '`extra` was added'],
    ['taken away', (archive) => archive.subarray(1024), '`report.html` was taken away'],
    [
      'given twice',
      (archive) => Buffer.concat([file('report.html', '<p>'), archive]),
      '`report.html` is in it more than once',
    ],
    ['cut short', (archive) => archive.subarray(0, archive.length - 600), 'the archive ends early'],
    [
      'followed by more',
      (archive) => Buffer.concat([archive, file('x', 'x')]),
      'something follows the end of the archive',
    ],
    [
      'given another manifest',
      (archive) => replace(archive, '"host":"node"', '"host":"mode"'),
      'its signature does not hold',
    ],
    ['no archive', () => Buffer.from('hello'), 'it has no manifest'],
  ])('that was %s is found out', async (_, change, problem) => {
    const { problems } = await verify(tampered(await made(PARTS), change));
    expect(problems.join('\n')).toContain(problem);
  });

  test('of another key, or of none, does not pass for one of this', async () => {
    const other = Signer.generate().publicKey;
    expect((await verify(await made(PARTS), other)).problems).toEqual([
      expect.stringContaining('another key'),
    ]);
    expect((await verify(await made(PARTS, false), other)).problems).toEqual(['it is not signed']);
    expect((await verify(await made(PARTS, false))).problems).toEqual([]);
  });

  test('that somebody appended bytes to, or cut, does not verify', async () => {
    const bundle = await made(PARTS);
    for (const bytes of [
      Buffer.concat([bundle, Buffer.from('more')]),
      bundle.subarray(0, -5),
      Buffer.alloc(0),
      Buffer.from('x'),
    ])
      expect((await verify(bytes)).problems).not.toEqual([]);
  });

  test('says which file changed while it was read', async () => {
    const path = join(folder, 'gone');
    await expect(made([{ path: 'gone', file: path }])).rejects.toThrow('ENOENT');
  });
});

describe('an archive', () => {
  test.each([
    ['a'.repeat(101), 'longer than an archive takes'],
    [`${'a/'.repeat(100)}${'b'.repeat(120)}`, 'longer than an archive takes'],
  ])('has no room for the path %j', (path, message) => {
    expect(() => tarHead({ path, bytes: 0, modifiedMs: 0 })).toThrow(message);
  });

  test('is read the same however it is cut into pieces', () => {
    const archive = Buffer.concat([file('one', 'first'), file('two', 'second'), tarEnd()]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        const seen: [string, string][] = [];
        const reader = new TarReader({
          begin: ({ path }) => {
            seen.push([path, '']);
            return (chunk) => {
              const last = seen.at(-1);
              if (last !== undefined) last[1] += chunk.toString();
            };
          },
          end: () => undefined,
        });
        for (let at = 0, i = 0; at < archive.length; i += 1) {
          const size = sizes[i % sizes.length] ?? 1;
          reader.write(archive.subarray(at, at + size));
          at += size;
        }
        reader.close();
        expect(seen).toEqual([
          ['one', 'first'],
          ['two', 'second'],
        ]);
      }),
    );
  });

  test('of any bytes at all ends or is refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const reader = new TarReader({ begin: () => () => undefined, end: () => undefined });
        try {
          reader.write(Buffer.from(bytes));
          reader.close();
        } catch (error) {
          expect((error as Error).name).toBe('BadArchive');
        }
      }),
    );
  });
});
