import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action } from '../../decide/action.js';
import { decide } from '../../decide/decide.js';
import { mergePolicies } from '../../decide/merge.js';
import { FILE_OPERATIONS, type RuntimePolicy } from '../../model/policy.js';
import { testPolicy } from '../../testing/policies.js';
import { compileForKernel } from './compile.js';
import { START_OPERATION } from './tables.js';
import { kernelJudge } from './walk.js';

const name = fc.constantFrom('a', 'b', 'ab', 'usr', 'x.so', 'bin');
const component = fc.oneof(
  { weight: 5, arbitrary: name },
  { weight: 1, arbitrary: fc.constantFrom('*', '?', '[ab]', '[!a]*', '{a,ab}', 'a*b', '*.so', '**') },
);
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
const glob = fc
  .array(component, { minLength: 1, maxLength: 4 })
  .map((parts) => ({ glob: `/${parts.join('/')}` }));
const pattern = fc.oneof(
  path.map((text) => ({ path: text })),
  path.map((text) => ({ directory: text })),
  glob,
);
const patterns = fc.array(path, { maxLength: 2 });
const digest = fc.constantFrom('ab'.repeat(32), 'cd'.repeat(32));

const fileLine = fc.record({
  pattern,
  except: patterns,
  operations: fc.subarray([...FILE_OPERATIONS], { minLength: 1 }),
  ownerOnly: fc.boolean(),
  from: patterns,
});
const processLine = fc.record({
  pattern,
  except: patterns,
  sha256: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(digest, { maxLength: 2 })),
  arguments: fc.array(fc.constantFrom('a*', '*b*', 'a b', '-c ?'), { maxLength: 2 }),
  ancestors: patterns,
});
const flat = <L extends { pattern: object }>({ pattern: where, ...rest }: L): object => ({
  ...where,
  ...rest,
});
const mode = fc.constantFrom('protect', 'monitor');
const verdict = fc.constantFrom('allow', 'deny');
const policy = fc
  .record({
    file: fc.record({ mode, default: verdict, allow: fc.array(fileLine, { maxLength: 4 }), deny: fc.array(fileLine, { maxLength: 4 }) }), // biome-ignore format: a row
    process: fc.record({ mode, default: verdict, drift: verdict, fileless: verdict, allow: fc.array(processLine, { maxLength: 3 }), deny: fc.array(processLine, { maxLength: 3 }) }), // biome-ignore format: a row
  })
  .map(({ file, process }) => ({
    file: { ...file, allow: file.allow.map(flat), deny: file.deny.map(flat) },
    process: { ...process, allow: process.allow.map(flat), deny: process.deny.map(flat) },
  }));

const read = (spec: object, title: string): RuntimePolicy =>
  testPolicy(JSON.stringify(spec), title, { warnings: true });

const fileAction = fc.record({
  operation: fc.constantFrom(...FILE_OPERATIONS),
  path,
  by: path,
  owner: fc.boolean(),
});
const execAction = fc.record({
  path,
  arguments: fc.constantFrom('', 'a', 'a b', 'xbx', '-c y', 'ä'),
  ancestors: fc.array(path, { maxLength: 2 }),
  drifted: fc.boolean(),
  fileless: fc.boolean(),
  sha256: fc.option(digest, { nil: undefined }),
});

describe('the tables of the kernel', () => {
  it('answer what decide answers', () => {
    fc.assert(
      fc.property(
        fc.array(policy, { minLength: 1, maxLength: 2 }),
        fc.array(fileAction, { maxLength: 12 }),
        fc.array(execAction, { maxLength: 12 }),
        (specs, files, execs) => {
          const effective = mergePolicies(specs.map((spec, at) => read(spec, `p${at}`)));
          const { tables, diagnostics } = compileForKernel(effective);
          expect(diagnostics).toEqual([]);
          if (tables === undefined) throw new Error('not compiled');
          for (const file of files) {
            const { enforced, watched } = decide(effective, { kind: 'file', ...file });
            const question = { ...file, operation: 1 << FILE_OPERATIONS.indexOf(file.operation) };
            expect(kernelJudge(tables, question)).toEqual({
              enforced: { denied: enforced.verdict === 'deny', line: enforced.line?.id ?? 0 },
              watched: { denied: watched.verdict === 'deny', line: watched.line?.id ?? 0 },
            });
          }
          for (const { sha256, ...exec } of execs) {
            const action: Action = { kind: 'exec', ...exec, ...(sha256 === undefined ? {} : { sha256 }) };
            const { enforced, watched } = decide(effective, action);
            const answer = kernelJudge(tables, { ...action, operation: START_OPERATION });
            // Which of several denials of one rank is named may differ: settings are asked first.
            expect([answer.enforced.denied, answer.watched.denied]).toEqual([
              enforced.verdict === 'deny',
              watched.verdict === 'deny',
            ]);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('say which states lead to no denial', () => {
    const { tables } = compileForKernel(
      mergePolicies([read({ mode: 'protect', file: { deny: ['/etc/shadow'] } }, 'p')]),
    );
    expect(tables?.rules.length).toBe(3);
    expect(tables?.sections.get('file')).toMatchObject({ deniable: 1023, enforced: true });
  });
});

describe('what does not fit', () => {
  const compile = (spec: object, limits: object) =>
    compileForKernel(mergePolicies([read(spec, 'p')]), {
      ...{ states: 1000, cells: 100_000, rowLines: 512, rules: 10_000, classes: 64 },
      ...{ networkRowLines: 512, networkRules: 10_000, networkRanges: 10_000 },
      ...limits,
    });

  it('is an error that names the line and the glob with too many states', () => {
    const stars = { glob: '/**/*a????????????b' };
    const { tables, diagnostics } = compile({ file: { deny: ['/etc/x', stars] } }, {});
    expect(tables).toBeUndefined();
    expect(diagnostics).toMatchObject([
      { code: 'POLICY_LIMIT', message: expect.stringContaining(stars.glob) },
    ]);
  });

  it.each([
    ['too many lists of programs', { file: { deny: [{ path: '/a', from: ['/b'] }, { path: '/a', from: ['/c'] }] } }, { classes: 1 }, 'lists of programs'],
    ['too many lists of arguments', { process: { deny: [{ path: '/a', arguments: ['b'] }, { path: '/a', arguments: ['c'] }] } }, { classes: 1 }, 'in `arguments`'],
    ['too many lines for one path', { file: { deny: ['/a/*', '/a/b', '/*/b'] } }, { rowLines: 2 }, 'lines apply to one path'],
    ['too many cells', { file: { deny: ['/aaaaaaaaaaaaaaaaaaaaaaaaa'] } }, { cells: 20 }, 'cells'],
    ['too many rows', { file: { deny: ['/a', '/b', '/c'] } }, { rules: 4 }, 'entries'],
  ])('is an error: %s', (_, spec, limits, words) => {
    const { tables, diagnostics } = compile(spec, limits);
    expect(tables).toBeUndefined();
    expect(diagnostics).toMatchObject([{ severity: 'error', message: expect.stringContaining(words) }]);
    expect(diagnostics[0]?.span.line).toBeGreaterThan(0);
  }); // biome-ignore format: a table
});
