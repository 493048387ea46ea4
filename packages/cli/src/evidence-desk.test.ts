import { expect, test } from 'vitest';
import { type Parsed, UsageError } from './command.js';
import { boundsOf, folderOf, sinceOf } from './evidence-desk.js';
import { evidenceChoice } from './evidence-options.js';

const args = (given: Readonly<Record<string, string>>): Parsed => ({
  flag: (name) => given[name] !== undefined,
  text: (name) => given[name],
  texts: (name) => (given[name] === undefined ? [] : [given[name]]),
  rest: [],
});

test('a moment is a time, how long ago, or the number of a record', () => {
  expect(sinceOf(args({}))).toBeUndefined();
  expect(sinceOf(args({ since: '17' }))).toEqual({ seq: 17 });
  expect(sinceOf(args({ since: '2026-05-01T12:00Z' }))).toEqual({ ms: Date.UTC(2026, 4, 1, 12) });
  const { sinceMs = 0, untilMs = 0, fromSeq } = boundsOf(args({ since: '2h', until: '90 s' }));
  expect([
    Math.round((Date.now() - sinceMs) / 1000),
    Math.round((Date.now() - untilMs) / 1000),
    fromSeq,
  ]).toEqual([7200, 90, undefined]);
  for (const wrong of ['soon', '2x', '', '-3h'])
    expect(() => boundsOf(args({ until: wrong })), wrong).toThrow(UsageError);
});

test('a folder that is not there is a mistake on the command line', () => {
  expect(() => folderOf(args({ folder: '/nowhere/at/all' }))).toThrow(/there is no folder/);
});

test('the log is in the state folder unless it is moved or turned off', () => {
  expect(evidenceChoice(args({}), '/s')).toMatchObject({ folder: '/s/evidence', isAsked: false });
  expect(evidenceChoice(args({ evidence: '/e' }), '/s')).toMatchObject({ folder: '/e', isAsked: true });
  expect(evidenceChoice(args({ 'no-evidence': '' }), '/s')).toMatchObject({
    folder: undefined,
    isAsked: false,
  });
  const wrong = [
    { evidence: '' },
    { evidence: '/e', 'no-evidence': '' },
    { 'evidence-size': '1' },
    { 'evidence-days': '0' },
    { 'time-authority': 'tsa.example' },
  ];
  for (const given of wrong)
    expect(() => evidenceChoice(args(given), '/s'), JSON.stringify(given)).toThrow(UsageError);
});
