import { describe, expect, it } from 'vitest';
import { fanotifyAbilities, fanotifyRefusals, fanotifyShortfalls } from './limits.js';
import { tablesOf } from './testing/tables.js';

describe('what fanotify does not enforce', () => {
  const tables = tablesOf(`mode: protect
file:
  deny:
    - {path: /a, operations: [read, write]}
    - {path: /b, operations: [write, delete]}
    - {path: /c, operations: [rename, chmod]}
`);

  it('is told line by line', () => {
    expect(fanotifyShortfalls(tables).map(({ isEnforced, problem }) => [isEnforced, problem])).toEqual([
      ['partly', 'delete: not seen by fanotify'],
      ['not', 'rename, chmod: not seen by fanotify'],
    ]);
  });

  it('counts a default that denies everything as enforced in part', () => {
    const list = tablesOf('mode: protect\nfile:\n  default: deny\n  allow: [{directory: /usr}]\n');
    expect(fanotifyShortfalls(list)).toMatchObject([{ isEnforced: 'partly' }]);
  });

  it('is nothing where it is only watched', () => {
    expect(fanotifyShortfalls(tablesOf('mode: monitor\nfile:\n  deny: [/a]\n'))).toEqual([]);
  });
});

describe('a file section that must stay closed when the agent ends', () => {
  const spec = (file: string): string => `mode: protect\nfile:\n${file}  deny: [/a]\n`;
  it.each([
    ['is refused', spec('  onFailure: closed\n'), 1],
    ['is not, where it may be open', spec('  onFailure: open\n'), 0],
    ['is not, where it is only watched', spec('  onFailure: closed\n').replace('protect', 'monitor'), 0],
    ['is not, where fanotify denies nothing of it', 'mode: protect\nfile:\n  onFailure: closed\n  deny: [{path: /a, operations: [delete]}]\n', 0],
  ])('%s', (_, text, refusals) => {
    expect(fanotifyRefusals(tablesOf(text))).toHaveLength(refusals);
  }); // biome-ignore format: a table
});

it('sections have limits where it works, and a problem where it does not', () => {
  expect(
    fanotifyAbilities('').map(({ section, mechanism, limits }) => [section, mechanism, limits.length > 0]),
  ).toEqual([
    ['process', 'fanotify', true],
    ['file', 'fanotify', true],
  ]);
  expect(fanotifyAbilities('no')).toMatchObject([{ problem: 'no' }, { problem: 'no', mechanism: undefined }]);
});
