import { fieldCatalogue } from '@runward/events';
import { loadRules, type SourceFile } from '@runward/rules';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readObservations } from './observation.js';
import { type TuneOptions, type Tuning, tune } from './tune.js';

const RULES: SourceFile = {
  name: 'rules.yaml',
  text: `- rule: R
  desc: d
  condition: evt.type = execve
  output: o
  priority: NOTICE
  exceptions:
    - name: image_and_program
      fields: [container.image.repository, proc.name]
- rule: Bare
  desc: d
  condition: evt.type = openat or evt.type = open
  output: o
  priority: CRITICAL
- threshold: T
  desc: d
  condition: evt.type = connect
  by: container
  within: 1s
  at_least: 2
  output: o
  priority: NOTICE
`,
};

type Facts = Readonly<Record<string, unknown>>;

const line = (rule: string, output_fields: Facts, more: Facts = {}): string =>
  JSON.stringify({ rule, priority: 'Notice', output_fields, ...more });

function tuned(lines: readonly string[], options: Partial<TuneOptions> = {}): Tuning {
  const { value } = loadRules([RULES], { catalogue: fieldCatalogue });
  const { observations } = readObservations(lines.join('\n'));
  return tune([RULES], value ?? { rules: [] }, observations, { fields: fieldCatalogue, ...options });
}

const repeat = (count: number, make: (i: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, i) => make(i));

describe('a suggestion', () => {
  const builds = repeat(4, (i) =>
    line('R', {
      'container.image.repository': 'b',
      'proc.name': 'gcc',
      'proc.cmdline': `gcc ${i}`,
      'proc.pid': i,
    }),
  );
  const other = line('R', { 'container.image.repository': 's', 'proc.name': 'gcc', 'proc.cmdline': 'gcc x' });

  test("uses the rule's own exception where it fits, and says what stays open", () => {
    const { rules, patch, before, after } = tuned([...builds, other]);
    expect(rules[0]?.suggestions).toMatchObject([
      {
        ...{ exception: 'image_and_program', known: true, values: ['b', 'gcc'], silences: 4 },
        open: [{ field: 'proc.cmdline', seen: 4, example: 'gcc 0' }],
        cautions: ['`proc.name` can be chosen by the process itself'],
      },
    ]);
    expect([before, after]).toEqual([5, 1]);
    expect(patch).toContain('      values:\n        # silences 4 of 5 detections');
    expect(patch).toContain('- [b, gcc]\n  override:\n    exceptions: append\n');
  });

  test('names all that is constant when it is to be narrow', () => {
    const { rules } = tuned(
      builds.map((text) => text.replace('"proc.name"', '"user.name":"root","proc.name"')),
      { narrow: true },
    );
    expect(rules[0]?.suggestions[0]).toMatchObject({
      known: false,
      fields: ['container.image.repository', 'proc.name', 'user.name'],
    });
  });

  test('names the folder that differing paths share', () => {
    const { rules, after } = tuned(
      repeat(3, (i) => line('Bare', { 'proc.exepath': '/app', 'fd.name': `/var/lib/app/${i}` })),
    );
    expect(rules[0]?.suggestions[0]).toMatchObject({
      fields: ['proc.exepath', 'fd.name'],
      comparisons: ['=', 'startswith'],
      values: ['/app', '/var/lib/app/'],
    });
    expect(after).toBe(0);
  });

  test('warns of interpreters, of rules for every container and of urgent rules', () => {
    const { rules } = tuned(
      repeat(3, (i) =>
        line('Bare', { 'proc.exepath': '/bin/sh', 'proc.cmdline': `sh ${i}` }, { priority: 'Critical' }),
      ),
    );
    expect(rules[0]?.suggestions[0]?.cautions).toEqual([
      'it holds for every container: no image or namespace is named',
      '`/bin/sh` does whatever it is told: everything it is told would be hidden',
      'the rule is urgent: make sure that each of these is understood',
    ]);
  });

  test('is for thresholds and sequences as well', () => {
    const { patch, after } = tuned(
      repeat(3, () => line('T', { 'proc.exepath': '/app', 'user.name': 'app' })),
    );
    expect(patch).toMatch(/^- threshold: T\n/);
    expect(after).toBe(0);
  });

  test('is not made for what happened too seldom, for other rules, and for what has nothing in common', () => {
    expect(tuned([...builds.slice(0, 2)]).patch).toBe('');
    expect(tuned(builds, { rule: 'Bare' }).rules).toEqual([]);
    expect(tuned(repeat(3, (i) => line('Bare', { 'proc.pid': i }))).patch).toBe('');
    expect([...tuned(repeat(3, () => line('Gone', {}))).unknown]).toEqual([['Gone', 3]]);
  });
});

describe('reading', () => {
  test('takes facts of the full shape under the names of their fields', () => {
    const { observations } = readObservations(
      line(
        'R',
        { 'fd.name': '/x', 'fd.sip': null },
        {
          process: { name: 'cat', exe: '/bin/cat', user: 'root' },
          container: { name: 'web', image: 'registry:5000/a/b:1@sha256:0', namespace: '', pod: '' },
          ancestors: [{ name: 'sh' }],
        },
      ),
    );
    expect(Object.fromEntries(observations[0]?.facts ?? [])).toEqual({
      ...{ 'proc.name': 'cat', 'proc.exepath': '/bin/cat', 'user.name': 'root', 'proc.pname': 'sh' },
      ...{ 'container.name': 'web', 'container.image.repository': 'registry:5000/a/b', 'fd.name': '/x' },
    });
  });

  test('counts what summary lines stand for', () => {
    const text = [
      line('R', {}),
      line('R', {}, { count: 5 }),
      line('R', {}, { count: 7, limited: true }),
    ].join('\n');
    expect(readObservations(text).observations.map((o) => o.weight)).toEqual([1, 4, 7]);
  });

  test('skips what is no detection and says why, but not the summary of a run', () => {
    const { observations, skipped } = readObservations('x\n[1]\n{}\n{"rule":"R"}\n\n{"summary":{}}\n');
    expect(observations).toEqual([]);
    expect(skipped).toEqual([
      { line: 1, reason: 'it is not JSON' },
      { line: 2, reason: 'it is no JSON object' },
      { line: 3, reason: 'it has no `rule`' },
      { line: 4, reason: 'it has no `output_fields`' },
    ]);
  });
});

test('whatever the values, the patch loads and silences what it says', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      '"',
      "'",
      '(a, b)',
      'a: b',
      '# x',
      'true',
      '~',
      'a"b',
      'a\\',
      '\n',
      '<NA>',
      '- x',
      '"a" "b"',
      ' a ',
    ),
  );
  const observation = fc.record({
    rule: fc.constantFrom('R', 'Bare', 'T'),
    fields: fc.record(
      {
        'proc.exepath': nasty,
        'proc.name': nasty,
        'container.image.repository': nasty,
        'fd.name': nasty,
        'proc.cmdline': nasty,
      },
      { requiredKeys: [] },
    ),
  });
  fc.assert(
    fc.property(fc.array(observation, { maxLength: 6 }), fc.boolean(), (all, narrow) => {
      const lines = all.flatMap(({ rule, fields }) => repeat(3, () => line(rule, fields)));
      const { diagnostics, before, after, rules } = tuned(lines, { narrow });
      expect(diagnostics).toEqual([]);
      const silenced = rules.flatMap((rule) => rule.suggestions).reduce((sum, s) => sum + s.silences, 0);
      expect(before - after).toBeGreaterThanOrEqual(silenced);
    }),
    { numRuns: 300, examples: [[[{ rule: 'R', fields: { 'proc.exepath': '\b' } }], false]] },
  );
});
