import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DocumentFolder } from './document-folder.js';

let path: string;
let folder: DocumentFolder;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'runward-documents-'));
  folder = new DocumentFolder(join(path, 'below', 'documents'));
});
afterEach(() => rmSync(path, { recursive: true }));

test('a folder that is not there is empty, and is made by the first that is written', async () => {
  expect(await folder.read()).toEqual([]);
  expect(existsSync(folder.path)).toBe(false);
  await folder.write({ name: 'b', text: '1' }, true);
  await folder.write({ name: 'a', text: '2' }, false);
  await folder.write({ name: 'b', text: '3' }, false);
  expect(await folder.read()).toEqual([
    { name: 'a', text: '2' },
    { name: 'b', text: '3' },
  ]);
});

test('what a crash left half written is not read', async () => {
  await folder.write({ name: 'a', text: 'whole' }, false);
  writeFileSync(join(folder.path, 'a.json.new'), 'ha');
  expect(await folder.read()).toEqual([{ name: 'a', text: 'whole' }]);
});

test('one that is removed or set aside is not read again; the latter is kept', async () => {
  await folder.write({ name: 'a', text: 'x' }, false);
  await folder.write({ name: 'b', text: 'y' }, false);
  await folder.remove('a');
  await folder.remove('a');
  expect(await folder.setAside('b')).toBe(join(folder.path, 'b.json.damaged'));
  expect(await folder.read()).toEqual([]);
  expect(readdirSync(folder.path)).toEqual(['b.json.damaged']);
});

test.each(['', '.', '../x', 'a/b', '-x', 'a'.repeat(300)])('%j names no document', async (name) => {
  await expect(folder.write({ name, text: '' }, false)).rejects.toThrow('is no name of a document');
});

test('where it cannot be written is told', async () => {
  writeFileSync(join(path, 'below'), 'a file');
  await expect(folder.write({ name: 'a', text: '' }, false)).rejects.toMatchObject({
    code: 'STATE_UNWRITABLE',
  });
});
