import { expect, test } from 'vitest';
import { ProcessTable } from './process-table.js';
import { nobody } from './testing/nobody.js';

test('a copy has every field, also those added later', () => {
  const entry = new ProcessTable(nobody).create();
  const fields = Object.keys(entry);
  expect(fields.length).toBeGreaterThan(20);
  Object.assign(entry, Object.fromEntries(fields.map((name, i) => [name, `${name} ${i}`])));
  expect(Object.entries(entry.copy())).toEqual(Object.entries(entry));
});

test('what changes in a copy does not change in what it was copied from', () => {
  const entry = new ProcessTable(nobody).create();
  const copy = entry.copy();
  copy.uid = 1000;
  copy.comm = 'other';
  expect([entry.uid, entry.comm]).toEqual([0, '']);
});

test('times are counted from the epoch; a process that never called exec shows its start', () => {
  const table = new ProcessTable(nobody);
  table.epochOffsetNs = 1_000_000_000_000n;
  const entry = table.create();
  entry.startNs = 5;
  expect([entry.startedAtNs, entry.execAtNs]).toEqual([1_000_000_000_005n, 1_000_000_000_005n]);
  entry.image = { ...entry.image, execAtNs: 9 };
  expect(entry.execAtNs).toBe(1_000_000_000_009n);
});
