import type { Detection } from '@runward/detect';
import { fieldCatalogue } from '@runward/events';
import type { Watch } from '@runward/integrity';
import { loadRules } from '@runward/rules';
import { expect, test } from 'vitest';
import { ownRulesFile } from '../own-rules/own-rules.js';
import { pathsTouched, touchRules } from './touch.js';
import { watchesOf } from './watched-containers.js';

const watch = (text: string, part: Partial<Watch> = {}): Watch => ({
  ...{ name: 'x', where: 'containers', containers: [], exclude: [], content: false },
  paths: [{ kind: text.includes('*') ? 'glob' : 'path', text }],
  ...part,
});

test.each([[['/etc/**', '/etc/passwd']], [['/**/*.conf']], [['/x']], [['/a "b"/c\\d']]])(
  'the rules of the files %j are rules without fault',
  (paths) => {
    const rules = touchRules(paths.map((path) => watch(path)));
    const { value, diagnostics } = loadRules(ownRulesFile(rules), { catalogue: fieldCatalogue });
    expect(diagnostics).toEqual([]);
    expect(value?.rules).toHaveLength(4);
  },
);

test('paths are told by fields and by what was done, whatever the rule, and only of calls that change', () => {
  const heard = (type: string): Detection =>
    ({
      event: { type },
      output_fields: {
        'fd.name': '/etc/a',
        'fs.path.target': '/etc/b',
        'fs.path.name': null,
        'proc.name': '/no',
      },
      actions: [
        { section: 'file', operation: 'write', path: '/etc/c', by: '', owned: undefined },
        { section: 'file', operation: 'read', path: '/etc/d', by: '', owned: undefined },
      ],
    }) as unknown as Detection; // no more of one is looked at
  expect(pathsTouched(heard('openat'))).toEqual(['/etc/a', '/etc/b', '/etc/c']);
  expect(pathsTouched(heard('connect'))).toEqual([]);
});

test('watches are for containers by name, image, repository or pod', () => {
  const all = [
    watch('/a'),
    watch('/b', { containers: ['web*'] }),
    watch('/c', { containers: ['shop/web'] }),
    watch('/d', { where: 'host' }),
  ];
  // No more of a container is looked at.
  const container = {
    name: 'web-1',
    image: 'r.test/web:1',
    imageRepository: 'r.test/web',
    pod: { name: 'web', namespace: 'shop' },
  } as Parameters<typeof watchesOf>[1];
  expect(watchesOf(all, container).map(({ paths }) => paths[0]?.text)).toEqual(['/a', '/b', '/c']);
  expect(
    watchesOf(all, { ...container, name: 'db', image: '', imageRepository: '', pod: undefined }).map(
      ({ paths }) => paths[0]?.text,
    ),
  ).toEqual(['/a']);
});
