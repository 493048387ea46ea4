import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PathPattern } from '../../model/policy.js';
import { matcherOf, pathPatternProblem } from '../../pattern/path-pattern.js';
import { pathTexts, programText } from './glob.js';
import { quoted } from './rule.js';
import { compileProfiles, hasParser, readers } from './testing/parser.js';

const glob = (text: string): PathPattern => ({ kind: 'glob', text });

test.each([
  [{ kind: 'path', text: '/etc/passwd' }, ['/etc/passwd{,/}']],
  [{ kind: 'path', text: '/' }, ['/']],
  [{ kind: 'path', text: '/bin/sh' }, ['/{,usr/}bin/sh{,/}']],
  [{ kind: 'path', text: '/a b/{c},*[d]"\\^' }, ['/a b/\\{c\\}\\,\\*\\[d\\]\\"\\\\\\^{,/}']],
  [{ kind: 'directory', text: '/var/lib/x' }, ['/var/lib/x{,/**}']],
  [{ kind: 'directory', text: '/' }, ['/{,**}']],
  [glob('/lib/**'), ['/{,usr/}lib/**']],
  [glob('/tmp/*'), ['/tmp/?*{,/}']],
  [glob('/tmp/a*'), ['/tmp/a*{,/}']],
  [glob('/srv/**/log/*.log'), ['/srv/{,**/}log/*.log{,/}']],
  [glob('/{a,b/**}'), ['/{a{,/},b/?**}']],
  [glob('/x[a-c_]y[!a-z]'), ['/x{[a-c],_}y[\\x01-.0-`\\{-\\xff]{,/}']],
  [glob('/x{/,y}*'), ['/x/?*{,/}', '/xy*{,/}']],
] as const)('%o becomes %o', (pattern, expected) => {
  expect(pathTexts(pattern)).toEqual(expected);
});

test('a program is no directory', () => {
  expect(programText(glob('/usr/{bin,sbin}/{x,y*}'))).toBe('/usr/{bin,sbin}/{x,y*}');
});

const char = fc.constantFrom(...'abz09_.-+ @$()|#%é{}[]*?,^"\\!~');
const special = /[*?[\]{},\\]/g;
const word = fc.array(char, { minLength: 1, maxLength: 3 }).map((chars) => chars.join(''));
const literal = word.map((text) => text.replace(special, '\\$&'));
const set = fc
  .tuple(
    fc.boolean(),
    fc.uniqueArray(
      fc.constantFrom('a-c', 'x', '0-9', '.', '\\-', '\\]', '\\^', '+-.', '\\\\', '{', ',', '"'),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([negated, members]) => `[${negated ? '!' : ''}${members.join('')}]`);
const piece: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: literal },
  { weight: 2, arbitrary: fc.constant('*') },
  fc.constant('?'),
  set,
  fc.tuple(literal, fc.constantFrom('', '*', 'a/b', 'c/*', '/q')).map(([a, b]) => `{${a},${b}}`),
);
const component = fc.oneof(
  { weight: 5, arbitrary: fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join('')) },
  fc.constantFrom('**', 'a**', '*'),
);
const pattern: fc.Arbitrary<PathPattern> = fc
  .tuple(
    fc.constantFrom('path', 'directory', 'glob', 'glob', 'glob'),
    fc.array(component, { minLength: 1, maxLength: 3 }),
  )
  .map(([kind, parts]) => ({ kind, text: `/${parts.join('/').replace(/\*{3,}/g, '**')}` }) as PathPattern) // a word of the list
  .filter((each) => pathPatternProblem(each) === undefined);

const BYTES = ['a', 'b', 'c', 'x', '0', '.', '-', 'q', '^', ']', '\\', '"', 'é', ',', '{'];

/** Paths that look like what the pattern accepts, so that many are. */
function pathsLike({ text }: PathPattern, random: number): readonly string[] {
  const pick = (step: number): string => BYTES[(random + step * 7) % BYTES.length] ?? 'a';
  const instance = (text_: string): string =>
    text_
      .replace(/\\(.)/g, '$1')
      .replace(/\[!?[^\]]*\]/g, () => pick(1))
      .replace(/\{([^{},]*),([^{}]*)\}/g, (_, a: string, b: string) => (random % 2 === 0 ? a : b))
      .replace(/\*\*/g, () => ['q/r', 'b', ''][random % 3] ?? '')
      .replace(/[*?]/g, () => (random % 5 === 0 ? '' : pick(2)));
  const path = instance(text)
    .replace(/\/+/g, '/')
    .replace(/(.)\/$/, '$1');
  return [path, `${path}x`, `${path}/y`, path.slice(0, -1), path.slice(0, path.lastIndexOf('/')), text].map(
    (each) => `/${each}`.replace(/\/+/g, '/').replace(/(.)\/$/, '$1'),
  );
}

describe.skipIf(!hasParser() && process.env.CI === undefined)('the automaton of apparmor_parser', () => {
  test('accepts what a pattern accepts, as a file and as a directory, and nothing else', () => {
    let compared = 0;
    let accepted = 0;
    const sample = fc.array(pattern, { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(sample, fc.nat(1000), (patterns, random) => {
        const said = patterns.flatMap((each) => {
          const texts = pathTexts(each);
          return texts === undefined || texts.length === 0 ? [] : [{ each, texts }];
        });
        // Nearly everything can be said.
        expect(said.length).toBeGreaterThan(patterns.length * 0.8);
        const text = said.map(
          ({ texts }, number) =>
            `profile p${100 + number} {\n${texts.map((one) => `  ${quoted(one)} r,\n`).join('')}}\n`,
        );
        const automata = readers(compileProfiles(text.join('')));
        expect(automata).toHaveLength(said.length);
        said.forEach(({ each, texts }, number) => {
          for (const path of [0, 1, 2].flatMap((turn) => pathsLike(each, random + turn))) {
            const expected = matcherOf(each)(path);
            const as = (subject: string): boolean => automata[number]?.(subject) ?? false;
            const told = { pattern: each.text, texts, path };
            expect({ ...told, file: as(path) }).toEqual({ ...told, file: expected });
            if (path !== '/')
              expect({ ...told, directory: as(`${path}/`) }).toEqual({ ...told, directory: expected });
            compared += 1;
            if (expected) accepted += 1;
          }
        });
      }),
      { numRuns: 8 },
    );
    expect(accepted).toBeGreaterThan(compared / 20);
  }, 120_000);
});
