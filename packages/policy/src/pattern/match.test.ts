import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Glob, GlobNode } from './glob.js';
import { globMatcher } from './match.js';
import { parsePathGlob, parseTextGlob } from './parse.js';
import { globOf } from './path-pattern.js';

const matches = (pattern: string, path: string): boolean =>
  globMatcher(globOf({ kind: 'glob', text: pattern }))(path);

describe('a glob', () => {
  it.each([
    ['/etc/passwd', ['/etc/passwd'], ['/etc/passwd2', '/etc', '/etc/passwd/x']],
    ['/etc/*', ['/etc/passwd', '/etc/.hidden'], ['/etc', '/etc/a/b']],
    ['/etc/pass?d', ['/etc/passwd'], ['/etc/passd', '/etc/pass/d']],
    ['/a/[b-d]x', ['/a/bx', '/a/dx'], ['/a/ex', '/a/x']],
    ['/a/[!b-d]x', ['/a/ex', '/a/-x'], ['/a/bx', '/a//x']],
    ['/a/[]x]', ['/a/]', '/a/x'], ['/a/y']],
    ['/a/[a-]', ['/a/a', '/a/-'], ['/a/b']],
    ['/a/**', ['/a/b', '/a/b/c'], ['/a', '/a/', '/ab']],
    ['/a/**/b', ['/a/b', '/a/x/b', '/a/x/y/b'], ['/a/xb', '/ab', '/a/b/c']],
    ['/**/b', ['/b', '/x/b'], ['/xb']],
    ['/usr/**.so', ['/usr/x.so', '/usr/lib/x.so', '/usr/.so'], ['/usr/lib/x.sol']],
    ['/{a,b/c}/d', ['/a/d', '/b/c/d'], ['/b/d']],
    ['/x{,.old}', ['/x', '/x.old'], ['/x.']],
    ['/x{a{b,c},d}', ['/xab', '/xac', '/xd'], ['/xa', '/xb']],
    ['/a\\*b', ['/a*b'], ['/axb']],
    ['/a/?\u{e9}', ['/a/x\u{e9}'], ['/a/\u{e9}']],
    ['/a/??', ['/a/\u{e9}', '/a/xy'], ['/a/x']],
  ])('%s', (pattern, yes, no) => {
    expect(yes.filter((path) => !matches(pattern, path))).toEqual([]);
    expect(no.filter((path) => matches(pattern, path))).toEqual([]);
  });

  it('over text takes `/` like any other character', () => {
    const { glob = [] } = parseTextGlob('docker.io/*/nginx:[1-9].?');
    expect(globMatcher(glob)('docker.io/a/b/nginx:1./')).toBe(true);
  });

  it.each([
    ['/a[', 'has a `[` that is not closed', 2],
    ['/a{b', 'has a `{` that is not closed', 2],
    ['/a}', 'has a `}` that closes nothing', 2],
    ['/a\\', 'ends in a `\\`', 2],
    ['/a/***', 'has 3 stars in a row', 3],
    ['/[z-a]', 'has a range whose end comes before its start', 5],
    ['/[\u{e9}]', 'has a character in `[ ]` that is not printable ASCII', 2],
    ['/[a/b]', 'has a `/` in `[ ]`, which never matches one', 3],
    [`/${'{'.repeat(9)}`, 'nests braces deeper than the limit of 8', 9],
  ])('%s is refused', (text, message, offset) => {
    expect(parsePathGlob(text).problem).toMatchObject({ message, offset });
  });
});

describe('aliases of directories', () => {
  it.each([
    ['/bin/sh', ['/bin/sh', '/usr/bin/sh'], ['/sbin/sh', '/usr/sbin/sh']],
    ['/lib/**', ['/lib/x', '/usr/lib/x'], ['/lib64/x']],
    ['/lib64/**', ['/lib64/x', '/usr/lib64/x'], ['/lib/x']],
    ['/var/run/x.pid', ['/var/run/x.pid', '/run/x.pid'], ['/varrun/x.pid']],
    ['/var/lock/x', ['/var/lock/x', '/run/lock/x'], ['/lock/x', '/run/x']],
    ['/usr/bin/sh', ['/usr/bin/sh'], ['/bin/sh']],
    ['/bin*/sh', ['/bin2/sh', '/bin/sh'], ['/usr/bin/sh']],
  ])('%s', (pattern, yes, no) => {
    expect([...yes, ...no].filter((path) => matches(pattern, path))).toEqual(yes);
  });

  it('are those of a directory written out too', () => {
    const accepts = globMatcher(globOf({ kind: 'directory', text: '/bin' }));
    expect(['/bin', '/bin/x', '/usr/bin/x/y', '/usr/bin', '/binx', '/usr/x'].filter(accepts)).toEqual([
      '/bin',
      '/bin/x',
      '/usr/bin/x/y',
      '/usr/bin',
    ]);
  });
});

/** The same tree as a regular expression over bytes written as characters. */
function regexOf(glob: Glob): string {
  return glob.map(regexOfNode).join('');
}
const bytesAsText = (text: string): string => Buffer.from(text).toString('latin1');
const quote = (text: string): string => bytesAsText(text).replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
const hex = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;
function regexOfNode(node: GlobNode): string {
  switch (node.kind) {
    case 'literal':
      return quote(node.text);
    case 'one':
      return node.slash ? '[^\\0]' : '[^\\0/]';
    case 'many':
      return `${node.slash ? '[^\\0]' : '[^\\0/]'}${node.atLeast === 1 ? '+' : '*'}`;
    case 'set': {
      const ranges = node.ranges.map(({ first, last }) => `${hex(first)}-${hex(last)}`).join('');
      return `${node.slash ? '' : '(?!/)'}(?!\\0)[${node.negated ? '^' : ''}${ranges}]`;
    }
    case 'directories':
      return '(?:[^\\0]*/)?';
    case 'alternatives':
      return `(?:${node.branches.map(regexOf).join('|')})`;
  }
}

describe('the reference matcher', () => {
  const piece = fc.constantFrom('/', 'a', 'b', '*', '**', '?', '[ab]', '[!a]', '{', '}', ',', '\\a', '\u{e9}', '/**/', '/**'); // biome-ignore format: a list
  const pattern = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);
  const path = fc
    .array(fc.constantFrom('/', 'a', 'b', 'c', '\u{e9}', '/a', '/b'), { maxLength: 12 })
    .map((pieces) => `/${pieces.join('')}`);

  it('agrees with a regular expression', () => {
    let accepted = 0;
    fc.assert(
      fc.property(pattern, fc.array(path, { minLength: 1, maxLength: 8 }), (text, paths) => {
        const { glob } = parsePathGlob(text);
        if (glob === undefined) return;
        const matcher = globMatcher(glob);
        const regex = new RegExp(`^(?:${regexOf(glob)})$`, 's');
        for (const candidate of paths) {
          const expected = regex.test(bytesAsText(candidate));
          if (expected) accepted += 1;
          expect([text, candidate, matcher(candidate)]).toEqual([text, candidate, expected]);
          expect(matcher(Buffer.from(candidate))).toBe(expected);
        }
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('takes time in proportion to the path, whatever the pattern', () => {
    const accepts = globMatcher(globOf({ kind: 'glob', text: `/${'*a'.repeat(30)}` }));
    const start = process.cpuUsage();
    expect(accepts(`/${'a'.repeat(2000)}b`)).toBe(false);
    expect(process.cpuUsage(start).user).toBeLessThan(2_000_000);
  });
});
