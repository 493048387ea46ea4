import { expect, test } from 'vitest';
import { lineText, makeLine, parseLine, recordJson } from './record.js';

const json = recordJson({ seq: 1, time: 't', kind: 'k', body: '{"a":1}', prev: 'p' });
const bytesOf = (line: string): Buffer => Buffer.from(line.trimEnd());

test.each(['', 'A'.repeat(86), `-${'b'.repeat(85)}`, '_'.repeat(86)])(
  'a line reads back as it was written, signed or not (%j)',
  (signature) => {
    const line = makeLine(json, signature);
    expect(parseLine(bytesOf(lineText(line)), 7)).toMatchObject({ ...line, intact: true, offset: 7 });
  },
);

test.each([
  ['nothing', ''],
  ['a hash alone', 'a'.repeat(64)],
  ['a hash in capitals', `${'A'.repeat(64)} - ${json}`],
  ['a signature that is too short', `${'a'.repeat(64)} ${'b'.repeat(85)} ${json}`],
  ['a signature with other characters', `${'a'.repeat(64)} ${'+'.repeat(86)} ${json}`],
  ['text behind the record', `${'a'.repeat(64)} - ${json} x`],
  ['no record', `${'a'.repeat(64)} - {"seq":1}`],
  ['a number that is none', `${'a'.repeat(64)} - ${json.replace('"seq":1', '"seq":1.5')}`],
  ['a list', `${'a'.repeat(64)} - [1]`],
])('%s is no line', (_, line) => {
  expect(parseLine(Buffer.from(line), 0)).toBeUndefined();
});

test('a line whose hash is of something else is read, and says so', () => {
  const line = lineText(makeLine(json, '')).replace('"a":1', '"a":2');
  expect(parseLine(bytesOf(line), 0)).toMatchObject({ intact: false, record: { body: { a: 2 } } });
});
