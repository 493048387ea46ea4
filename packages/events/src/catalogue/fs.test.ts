import { expect, test } from 'vitest';
import { fieldValue, type TestEvent, testView } from '../testing/index.js';

const value = (event: TestEvent, field: string) => fieldValue(testView(event), field);

const one = (type: string): TestEvent => ({ type, paths: ['/a/b'], rawPaths: ['b'] });
const two = (type: string): TestEvent => ({ type, paths: ['/old', '/new'], rawPaths: ['old', 'new'] });

test.each(['mkdirat', 'rmdir', 'unlink', 'openat', 'chmod', 'fchownat', 'umount2', 'chdir', 'truncate'])(
  'fs.path.name of %s is its path',
  (type) => {
    expect(value(one(type), 'fs.path.name')).toBe('/a/b');
    expect(value(one(type), 'fs.path.nameraw')).toBe('b');
    expect(value(one(type), 'fs.path.source')).toBeUndefined();
    expect(value({ ...one(type), result: -1 }, 'fs.path.name')).toBeUndefined();
  },
);

test('a change through a descriptor has one path under both names', () => {
  const event: TestEvent = { type: 'fchmod', paths: ['/a/b'] };
  expect([value(event, 'fs.path.name'), value(event, 'fs.path.nameraw')]).toEqual(['/a/b', '/a/b']);
});

test.each<[event: TestEvent, source: string, sourceraw: string, target: string, targetraw: string]>([
  [two('rename'), '/old', 'old', '/new', 'new'],
  [two('renameat2'), '/old', 'old', '/new', 'new'],
  [two('linkat'), '/new', 'new', '/old', 'old'],
  [{ type: 'symlink', texts: ['../t'], paths: ['/l'], rawPaths: ['l'] }, '/l', 'l', '../t', '../t'],
  [
    { type: 'mount', texts: ['/dev/sda1'], paths: ['/mnt'], rawPaths: ['mnt'] },
    '/dev/sda1',
    '/dev/sda1',
    '/mnt',
    'mnt',
  ],
  [two('pivot_root'), '/old', 'old', '/new', 'new'],
])('both sides of %o', (event, ...expected) => {
  const sides = ['source', 'sourceraw', 'target', 'targetraw'].map((side) => value(event, `fs.path.${side}`));
  expect(sides).toEqual(expected);
  expect(value(event, 'fs.path.name')).toBeUndefined();
  expect(value({ ...event, result: -1 }, 'fs.path.source')).toBeUndefined();
  expect(value({ ...event, result: -1 }, 'fs.path.target')).toBeUndefined();
});

test.each(['read', 'execve', 'connect', 'procexit'])('%s has no fs.path fields', (type) => {
  for (const field of ['name', 'nameraw', 'source', 'sourceraw', 'target', 'targetraw'])
    expect(value(two(type), `fs.path.${field}`)).toBeUndefined();
});
