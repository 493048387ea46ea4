import type { RowQuestion } from '@runward/policy';
import { describe, expect, it } from 'vitest';
import type { Actor } from './actors.js';
import { asksLater, type FileNames, isByName, judgeNames } from './judgement.js';
import { tablesOf } from './testing/tables.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const names = (first: string, ...others: readonly string[]): FileNames => ({
  first: bytes(`${first} and what is behind it in the buffer`),
  firstLength: bytes(first).length,
  others: others.map(bytes),
});
const question: RowQuestion = { operation: 1, own: 0n, ancestors: 0n, arguments: 0n, owner: false };
const start: RowQuestion = { ...question, operation: 1024 };
const actor: Actor = { set: 1, cgroup: 1, classHash: 0n, own: 0n, ancestors: 0n };

const tables = tablesOf(`mode: protect
file:
  deny: [{directory: /keep}, {path: /watched/too}]
process:
  default: deny
  allow:
    - /bin/sh
    - {path: /bin/tool, arguments: ['-v']}
    - {path: /bin/known, sha256: [${'ab'.repeat(32)}]}
    - {path: /bin/child, ancestors: [/bin/sh]}
  deny: [/bin/wget]
`);

describe('judging a file by its names', () => {
  it.each([
    ['by the one it was reached by', names('/keep/x'), { enforced: true, otherName: false }],
    ['by any other', names('/mnt/x', '/keep/x'), { enforced: true, otherName: true }],
    ['by its first where both are denied', names('/keep/x', '/keep/y'), { enforced: true, otherName: false }],
  ])('denies %s', (_, file, denial) => {
    expect(judgeNames(tables, file, question)).toMatchObject(denial);
  });

  it('allows what no name denies', () => {
    expect(judgeNames(tables, names('/mnt/x', '/open/x'), question)).toBeUndefined();
  });

  it('takes what is enforced before what is watched', () => {
    const watching = tablesOf('mode: monitor\nfile:\n  deny: [/a]\n');
    expect(judgeNames(watching, names('/a'), question)).toMatchObject({ enforced: false });
    expect(judgeNames(watching, names('/b', '/a'), question)).toMatchObject({
      enforced: false,
      otherName: true,
    });
  });
});

describe('a program', () => {
  it('that a line denies is told from one that only a default denies', () => {
    const byLine = judgeNames(tables, names('/bin/wget'), start);
    const byDefault = judgeNames(tables, names('/bin/other'), start);
    expect(byLine && isByName(tables, byLine)).toBe(true);
    expect(byDefault && isByName(tables, byDefault)).toBe(false);
  });

  it.each([
    ['/bin/tool', true],
    ['/bin/known', true],
    ['/bin/child', true],
    ['/bin/sh', false],
    ['/bin/wget', false],
  ])('%s is left to the kernel where its lines ask for what is not known yet: %s', (path, later) => {
    expect(asksLater(tables, names(path), actor)).toBe(later);
  });

  it('whose ancestors are known is not left', () => {
    const knowing = { ...actor, classHash: tables.classHash };
    expect(asksLater(tables, names('/bin/child'), knowing)).toBe(false);
  });
});
