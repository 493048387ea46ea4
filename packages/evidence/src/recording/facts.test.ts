import { ProcessTable } from '@runward/tracker';
import { nobody } from '@runward/tracker/testing';
import { expect, test } from 'vitest';
import { parse } from './codec.js';
import { entryFacts } from './facts.js';

/** Written apart: they are shared, or other entries. */
const REFERENCES = ['image', 'forkedBy'];

test('every fact of a process is written, also those added later', () => {
  const entry = new ProcessTable(nobody).create();
  const written = parse(entryFacts, JSON.stringify(entryFacts.write(entry)));
  expect(Object.keys(written).toSorted()).toEqual(
    Object.keys(entry)
      .filter((name) => !REFERENCES.includes(name))
      .toSorted(),
  );
  expect(Object.entries(written)).toEqual(
    expect.arrayContaining(Object.entries(entry).filter(([name]) => !REFERENCES.includes(name))),
  );
});
