import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type SnapshotOrder, takeSnapshot } from './snapshot.js';

let base: string;
let upper: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'runward-snapshot-'));
  upper = join(base, 'upper');
  mkdirSync(upper);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const take = (more: Partial<SnapshotOrder> = {}) =>
  takeSnapshot({
    ...{ folder: join(base, 'kept'), name: 'a.tar', upper, maxBytes: 1 << 24, timeoutMs: 20_000, ...more },
  });
const tar = (...args: readonly string[]): string =>
  execFileSync('tar', args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } });

describe('a snapshot', () => {
  test('is a tar file that every tar reads, with its digest', async () => {
    const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'ü'.repeat(60)}`;
    mkdirSync(join(upper, long), { recursive: true });
    writeFileSync(join(upper, long, 'file'), 'long');
    writeFileSync(join(upper, 'big'), Buffer.alloc(700_001, 7));
    symlinkSync(`/${'t'.repeat(150)}`, join(upper, 'link'));
    linkSync(join(upper, 'big'), join(upper, 'zzz-again'));
    writeFileSync(Buffer.concat([Buffer.from(`${upper}/`), Buffer.from([0xff, 0xfe])]), 'bytes');
    const { path, digest, bytes, entries, omitted } = await take();
    expect({ entries, omitted }).toEqual({ entries: 8, omitted: 0 });
    const file = readFileSync(path);
    expect([file.length, file.length % 512]).toEqual([bytes, 0]);
    expect(`sha256:${createHash('sha256').update(file).digest('hex')}`).toBe(digest);
    const out = join(base, 'out');
    mkdirSync(out);
    tar('-C', out, '-xf', path);
    expect(readFileSync(join(out, long, 'file'), 'utf8')).toBe('long');
    expect(readFileSync(join(out, 'zzz-again'))).toEqual(Buffer.alloc(700_001, 7));
    expect(tar('-tvf', path)).toMatch(new RegExp(`link -> /${'t'.repeat(150)}$`, 'm'));
    expect(readdirSync(out, { encoding: 'buffer' }).map((name) => name.toString('hex'))).toContain('fffe');
  });

  test('leaves out what does not fit or would be read as a deletion, and names it', async () => {
    writeFileSync(join(upper, 'huge'), '');
    truncateSync(join(upper, 'huge'), 2 ** 40);
    writeFileSync(join(upper, '.wh.fake'), '');
    writeFileSync(join(upper, 'small'), 'kept');
    const { examples, omitted, bytes, path } = await take({ maxBytes: 1 << 20 });
    expect(omitted).toBe(2);
    expect(examples.toSorted()).toEqual([
      '/.wh.fake: its name would be read as a deletion',
      `/huge: ${2 ** 40} bytes, more than the limit leaves room for`,
    ]);
    expect(bytes).toBeLessThan(1 << 20);
    expect(tar('-tf', path)).toBe('small\n');
  });

  test('never follows a link to a file of the host', async () => {
    symlinkSync('/etc', join(upper, 'etc'));
    symlinkSync('/etc/passwd', join(upper, 'passwd'));
    const { path } = await take();
    expect(tar('-tvf', path).match(/ -> /g)).toHaveLength(2);
    expect(readFileSync(path, 'latin1')).not.toContain('root:x:');
  });

  test('that takes too long, or has nowhere to go, is not there at all', async () => {
    for (let i = 0; i < 300; i += 1) writeFileSync(join(upper, `f${i}`), 'x');
    await expect(take({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'RESPOND_TIMED_OUT' });
    expect(readdirSync(join(base, 'kept'))).toEqual([]);
    writeFileSync(join(base, 'file'), '');
    await expect(take({ folder: join(base, 'file', 'below') })).rejects.toMatchObject({
      code: 'RESPOND_FAILED',
    });
    await expect(take({ upper: join(base, 'gone') })).rejects.toMatchObject({ code: 'RESPOND_VANISHED' });
  });
});
