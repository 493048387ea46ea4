import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeReference } from './make-reference.js';
import { profilesFor, readReference } from './reference.js';
import { ReferenceBook } from './reference-book.js';

const A = 'aa'.repeat(32);
const good = {
  ...{ version: 1, date: '2026-11-30', expires: '2027-02-28' },
  profiles: [
    { name: 'rack', clusters: ['shop'], pcrs: { 7: [A] } },
    { name: 'any', events: { 4: [A] } },
  ],
};
const [profile] = good.profiles;

test.each([
  ['no JSON', '{', /is no JSON/],
  ['another shape', '[]', /expected object/],
  ['no profile', { ...good, profiles: [] }, /`profiles`/],
  ['a day that is none', { ...good, date: '30.11.2026' }, /`date` is no day/],
  ['an end before its beginning', { ...good, expires: '2026-11-30' }, /`expires` is not behind/],
  [
    'a profile that approves of any machine',
    { ...good, profiles: [{ name: 'x' }] },
    /`profiles.0` has neither/,
  ],
  ['a register that is none', { ...good, profiles: [{ ...profile, pcrs: { 16: [A] } }] }, /profiles.0.pcrs/],
  [
    'a digest that is none',
    { ...good, profiles: [{ ...profile, pcrs: { 7: ['abc'] } }] },
    /`profiles.0.pcrs.7.0` is no SHA-256/,
  ],
  [
    'a folder that is none',
    { ...good, profiles: [{ ...profile, ima: { files: [], ignore: ['/var/log'] } }] },
    /`profiles.0.ima.ignore.0` is no folder/,
  ],
  ['a key that there is not', { ...good, profile: 1 }, /[Uu]nrecognized key/],
])('a reference with %s is refused, and where is told', (_, text, says) => {
  expect(() => readReference(typeof text === 'string' ? text : JSON.stringify(text))).toThrow(says);
});

test('a node is held to the profiles of its cluster and of all', () => {
  const names = (cluster: string): readonly string[] =>
    profilesFor(readReference(JSON.stringify(good)), { name: 'web-1', cluster }).map(({ name }) => name);
  expect(names('shop')).toEqual(['rack', 'any']);
  expect(names('lab')).toEqual(['any']);
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-reference-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a reference is in force after a restart, follows the one before, and who set it is kept', () => {
  const book = new ReferenceBook(folder);
  expect(book.current).toBeUndefined();
  book.set(JSON.stringify(good), 'anna', 1);
  expect(() => book.set(JSON.stringify(good), 'eve', 2)).toThrow(
    expect.objectContaining({ code: 'SERVER_REFERENCE_OLDER' }),
  );
  book.set(JSON.stringify({ ...good, version: 3 }), 'ben', 3);
  const again = new ReferenceBook(folder);
  expect(again.current?.version).toBe(3);
  expect(again.history).toMatchObject([
    { version: 3, by: 'ben', setMs: 3 },
    { version: 1, by: 'anna' },
  ]);
});

test('of a machine whose firmware measured nothing no reference is made: it would approve of any', () => {
  const order = { profile: 'web-1', version: 1, date: '2026-11-30', expires: '2027-02-28', byEvents: true };
  const measured = { registers: { 0: '0'.repeat(64), 10: A }, events: [], files: [] };
  expect(() => makeReference(measured, order)).toThrow(/nothing was measured when `web-1` started/);
  expect(makeReference({ ...measured, registers: { 0: A } }, order).profiles[0]?.pcrs).toEqual({ 0: [A] });
});
