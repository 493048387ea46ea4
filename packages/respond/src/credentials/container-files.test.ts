import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ContainerFiles } from './container-files.js';

let folder: string;
let seen: ContainerFiles;
const open = (slow?: readonly string[]): ContainerFiles =>
  ContainerFiles.of(process.pid, slow) ?? expect.fail('this process has no root');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-files-'));
  mkdirSync(join(folder, 'a'));
  mkdirSync(join(folder, 'b'));
  writeFileSync(join(folder, 'a/token'), 'one');
  writeFileSync(join(folder, 'b/token'), 'two');
  seen = open();
});
afterEach(() => {
  seen.close();
  rmSync(folder, { recursive: true, force: true });
});

const found = (files: ContainerFiles, pattern: string) => {
  const { files: read, leftOut } = files.matching(join(folder, pattern));
  const name = (path: string): string => path.slice(folder.length + 1);
  return { read: read.map(({ path, text }) => `${name(path)}=${text}`), leftOut: leftOut.map(name) };
};

test('files are found by patterns, one name at a time', () => {
  expect(found(seen, '*/tok?n')).toEqual({ read: ['a/token=one', 'b/token=two'], leftOut: [] });
  expect(found(seen, 'a/token')).toEqual({ read: ['a/token=one'], leftOut: [] });
  expect(found(seen, '*')).toEqual({ read: [], leftOut: ['a', 'b'] });
  expect(found(seen, 'none/*')).toEqual({ read: [], leftOut: [] });
});

test('what is no file of a moderate size is left out and named, and holds nobody', () => {
  execFileSync('mkfifo', [join(folder, 'a/pipe')]);
  writeFileSync(join(folder, 'a/large'), 'x'.repeat(64 * 1024 + 1));
  writeFileSync(join(folder, 'a/just'), 'x'.repeat(64 * 1024));
  expect(found(seen, 'a/[pl]*').read).toEqual([]);
  expect(found(seen, 'a/pipe').leftOut).toEqual(['a/pipe']);
  expect(found(seen, 'a/large').leftOut).toEqual(['a/large']);
  expect(found(seen, 'a/just').read).toHaveLength(1);
});

test('links are followed, but not where something slow is mounted, and nothing there is read', () => {
  symlinkSync(join(folder, 'b'), join(folder, 'link'));
  expect(found(seen, 'link/token').read).toEqual(['link/token=two']);
  const careful = open([join(folder, 'a')]);
  expect(found(careful, 'link/token').read).toEqual([]);
  expect(found(careful, '*/token').read).toEqual(['b/token=two']);
  careful.close();
});
