import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readRuleFiles } from './rule-files.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rule-files-'));
  for (const name of ['b.yaml', 'a.yml', 'a.test.yaml', '.hidden.yaml', 'notes.txt']) {
    writeFileSync(join(folder, name), `# ${name}`);
  }
  mkdirSync(join(folder, 'empty'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('a folder gives its rule files in name order, without tests, hidden and other files', async () => {
  const { files, problems } = await readRuleFiles([folder]);
  expect(files).toEqual([
    { name: join(folder, 'a.yml'), text: '# a.yml' },
    { name: join(folder, 'b.yaml'), text: '# b.yaml' },
  ]);
  expect(problems).toEqual([]);
});

it('files come in the order they are named, whatever they are called', async () => {
  const named = [join(folder, 'notes.txt'), join(folder, '.hidden.yaml')];
  const { files } = await readRuleFiles(named);
  expect(files.map((f) => f.name)).toEqual(named);
});

it('each file that cannot be read is a diagnostic, and the rest is read', async () => {
  const missing = join(folder, 'missing.yaml');
  const empty = join(folder, 'empty');
  const { files, problems } = await readRuleFiles([missing, empty, join(folder, 'b.yaml')]);
  expect(files).toHaveLength(1);
  expect(problems.map((p) => [p.loadCode, p.severity, p.span.file])).toEqual([
    ['LOAD_ERR_FILE_READ', 'error', missing],
    ['LOAD_ERR_FILE_READ', 'error', empty],
  ]);
});
