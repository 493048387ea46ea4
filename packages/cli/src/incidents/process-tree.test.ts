import type { InvolvedProcess } from '@runward/incidents';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { treeRows, treeText } from './process-tree.js';

const process = (key: string, parent: string, facts: Partial<InvolvedProcess> = {}): InvolvedProcess => ({
  ...{
    key,
    parent,
    pid: Number(key.split(':')[0]),
    vpid: 1,
    name: key.split(':')[1] ?? '',
    exe: `/bin/${key}`,
  },
  ...{ command: '', uid: 0, user: 'root', container: 'c', rules: [], ...facts },
});

test('children stand below their parents, and say which rules they matched', () => {
  const text = treeText([
    process('3:cat', '2:sh', { command: 'cat /etc/shadow', rules: ['Secret'] }),
    process('2:sh', '1:init'),
    process('1:init', ''),
    process('9:x', 'gone', { name: 'x\u001b[31m', uid: 5, user: '', rules: ['A', 'B'] }),
  ]);
  expect(text).toEqual([
    'init(1) /bin/1:init',
    '  sh(2) /bin/2:sh',
    '    cat(3) cat /etc/shadow  root: Secret',
    'x\\x1b[31m(9) /bin/9:x  uid 5: A, B',
  ]);
});

test('each process comes once, whatever the keys say', () => {
  const key = fc.integer({ min: 0, max: 12 }).map((n) => `${n}:p`);
  const processes = fc.uniqueArray(fc.tuple(key, key), { selector: ([own]) => own, maxLength: 12 });
  fc.assert(
    fc.property(processes, (pairs) => {
      const all = pairs.map(([own, parent]) => process(own, parent));
      const shown = treeRows(all).map((row) => row.process.key);
      expect(shown.toSorted()).toEqual(all.map((each) => each.key).toSorted());
    }),
  );
});
