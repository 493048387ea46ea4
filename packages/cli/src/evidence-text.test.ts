import type { Found } from '@runward/evidence';
import { expect, test } from 'vitest';
import { recordJson, recordText } from './evidence-text.js';

const who = { uid: 0, user: 'root', loginUser: 'ada', program: 'runward' };
const record = (kind: string, body: Readonly<Record<string, unknown>>): Found => ({
  ...{ hash: 'h', signature: '', json: '', intact: true, offset: 0, length: 0, segment: 3, log: 'l' },
  record: { seq: 17, time: '2026-05-01T12:00:00.000Z', kind, body, prev: 'p' },
});
const line = (kind: string, body: Readonly<Record<string, unknown>>): string =>
  recordText(record(kind, body), (_, text) => text);

test.each<[string, Readonly<Record<string, unknown>>, string]>([
  [
    'detection',
    { rule: 'Shell', priority: 'Notice', output: 'it ran', container: { id: 'c', name: 'web' } },
    'Notice: Shell in web: it ran',
  ],
  [
    'verdict',
    { rule: 'Denied', priority: 'Error', output: 'it ran', container: null },
    'Error: Denied: it ran',
  ],
  ['policy.change', { action: 'mode', who, changes: [{ name: 'a' }, { name: 'b' }] }, 'mode a, b by ada'],
  ['command', { request: 'POST /v1/x', status: 200, who }, 'POST /v1/x → 200 by ada'],
  ['response', { action: 'isolate', outcome: 'done', who, tookMs: 4 }, 'isolate done by ada {"tookMs":4}'],
  ['rules.loaded', { when: 'reload', accepted: false, files: [{}, {}] }, 'reload: 2 files, refused'],
  [
    'gap',
    { where: 'sensor', why: 'the ring was full', lost: { open: 3 } },
    'sensor lost {"open":3}: the ring was full',
  ],
  ['key.rotate', { to: 'K', why: 'asked' }, 'to K: asked'],
  ['something.new', { a: 1 }, '{"a":1}'],
  ['toString', { a: 1 }, '{"a":1}'],
  ['detection', {}, ': : '],
  ['policy.change', { changes: [null, 7] }, ' , '],
])('a record of kind %s is one line', (kind, body, expected) => {
  const text = line(kind, body);
  expect(text.slice('2026-05-01T12:00:00.000Z     17 '.length).slice(kind.length).trimStart()).toBe(
    expected.trimStart(),
  );
  expect(text).toContain('     17 ');
});

test('nothing in a record can act on a terminal', () => {
  const evil = '\u001b[2J\n\u202e';
  const text = recordText(record(`k${evil}`, { why: evil, [evil]: evil }), (_, plain) => plain);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(text).not.toMatch(/[\u0000-\u001f\u202e]/);
});

test('a record for programs has what is needed to check it', () => {
  expect(JSON.parse(recordJson({ ...record('gap', { n: 1 }), signature: 's' }))).toEqual({
    ...{ seq: 17, time: '2026-05-01T12:00:00.000Z', kind: 'gap', body: { n: 1 }, prev: 'p' },
    ...{ hash: 'h', signature: 's', segment: 3, log: 'l' },
  });
});
