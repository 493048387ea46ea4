import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileOf, Repository } from './repository.js';

test.each([
  ['policies/web.yaml', { kind: 'policy', name: 'web', cluster: '*' }],
  ['rules/shop/shell.yml', { kind: 'rules', name: 'shell', cluster: '*' }],
  ['clusters/shop/playbooks/miner.yaml', { kind: 'playbook', name: 'miner', cluster: 'shop' }],
  ['drills/a-1.yaml', { kind: 'drill', name: 'a-1', cluster: '*' }],
])('the file %s is a document', (path, wanted) => {
  expect(fileOf(path)).toEqual({ ...wanted, path });
});

test.each([
  '',
  'README.md',
  'web.yaml',
  'policies/web.test.yaml',
  'policies/web.txt',
  'other/policies/web.yaml',
  'clusters/policies/web.yaml',
])('the file %j is none', (path) => {
  expect(fileOf(path)).toBeUndefined();
});

test('a name that no document can have is told', () => {
  expect(fileOf('policies/Web App.yaml')).toBe('policies/Web App.yaml');
});

let folder = '';
const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-repository-'));
  git('init', '-q');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what is committed is read, with its author, and nothing else', async () => {
  write('policies/web.yaml', 'committed');
  write('rules/Bad Name.yaml', 'x');
  git('add', '.');
  git('commit', '-qm', 'one');
  write('policies/web.yaml', 'changed and not committed');
  write('policies/new.yaml', 'neither');
  const repository = new Repository(folder);
  const { id, files, strange } = await repository.commit('HEAD');
  expect([id, strange]).toEqual([git('rev-parse', 'HEAD').trim(), ['rules/Bad Name.yaml']]);
  expect(files.map(({ path }) => path)).toEqual(['policies/web.yaml']);
  const [file] = files;
  if (file === undefined) throw new Error('the file was not found');
  expect([await repository.text(id, file), await repository.author(id, file)]).toEqual([
    'committed',
    'Ada <ada@example.org>',
  ]);
});

test.each(['nonsense', '--output=/tmp/x', 'HEAD'])(
  'the commit %j of an empty repository is refused',
  async (ref) => {
    await expect(new Repository(folder).commit(ref)).rejects.toThrow(/git cannot read/);
  },
);
