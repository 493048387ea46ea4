import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Correlation, judgedRules } from './correlation.js';
import { printCondition } from './explain/print.js';
import { eventTypesOf, usedFields } from './rule-set.js';
import { loadTexts, ruleText, showDiagnostic } from './testing/load-text.js';

const SEQUENCE = `- sequence: S
  desc: d
  priority: NOTICE
  output: "%made.fd.name then %proc.name by %key after %elapsed"
  by: container
  within: 30s
  steps:
    - { name: made, condition: evt.type = open and fd.name startswith /tmp, same: fd.name }
    - { without: evt.type = open and fd.num = 1, same: fd.name }
    - { name: ran, condition: evt.type = execve, same: proc.name }
`;
const THRESHOLD = `- threshold: T
  desc: d
  priority: NOTICE
  output: "%count of %values (%total)"
  by: [container.id, proc.name]
  within: 1m
  condition: evt.type = connect
  distinct: fd.sport
  more_than: 20
`;

function loaded(...texts: readonly string[]): readonly Correlation[] {
  const { value, diagnostics } = loadTexts(...texts);
  expect(diagnostics.map(showDiagnostic)).toEqual([]);
  return value?.correlations ?? [];
}

describe('sequences and thresholds', () => {
  it('are loaded with steps, window, grouping and output', () => {
    const [sequence, threshold] = loaded(SEQUENCE + THRESHOLD);
    expect(sequence).toMatchObject({
      ...{ kind: 'sequence', name: 'S', withinNs: 30e9, enabled: true },
      grouping: { text: 'container', tree: false, ofContainer: true },
      steps: [
        { name: 'made', eventTypes: ['open'], without: [] },
        { name: 'ran', eventTypes: ['execve'], without: [{ eventTypes: ['open'] }] },
      ],
    });
    expect(threshold).toMatchObject({
      ...{ kind: 'threshold', atLeast: 21, withinNs: 60e9, distinct: { key: 'fd.sport' } },
      grouping: { text: 'container.id, proc.name', ofContainer: true },
    });
  });

  it('use macros, lists, exceptions and the conditions of rules, also of disabled ones', () => {
    const text = `- list: shells
  items: [sh]
- macro: started
  condition: evt.type = execve
${ruleText('R', 'evt.type = open and fd.name = /etc/shadow', '  enabled: false\n')}
- sequence: S
  desc: d
  priority: NOTICE
  output: o
  by: process
  within: 1s
  exceptions:
    - { name: e, fields: proc.pname, values: [cron] }
  steps:
    - { name: one, condition: started and proc.name in (shells) }
    - { rule: R }
`;
    const [sequence] = loaded(text);
    const steps = sequence?.kind === 'sequence' ? sequence.steps : [];
    expect(steps.map((step) => printCondition(step.condition))).toEqual([
      'evt.type = execve and proc.name in (sh) and not proc.pname in (cron)',
      'evt.type = open and fd.name = /etc/shadow and evt.num > 0 and not proc.pname in (cron)',
    ]);
    expect(steps[1]?.name).toBe('step2');
  });

  it('are changed by later files', () => {
    const change = `- threshold: T
  at_least: 5
  tags: [x]
  exceptions: [{ name: e, fields: proc.name, values: [a] }]
  enabled: false
  override: { at_least: replace, tags: append, exceptions: append, enabled: replace }
`;
    const [threshold] = loaded(THRESHOLD, change);
    expect(threshold).toMatchObject({ atLeast: 5, tags: ['x'], enabled: false, exceptions: [{ name: 'e' }] });
  });

  it('are observed as rules are: their event types, and the fields of keys, steps and outputs', () => {
    const { value } = loadTexts(SEQUENCE + THRESHOLD);
    const judged = judgedRules(value ?? { rules: [] });
    expect(judged.rules.map((rule) => rule.name)).toEqual(['S › ran', 'S › ran', 'S › made', 'T']);
    expect([...eventTypesOf(judged)].sort()).toEqual(['connect', 'execve', 'open']);
    expect([...usedFields(judged)]).toEqual(expect.arrayContaining(['container.id', 'fd.sport', 'fd.name']));
  });

  it('group by words and fields side by side', () => {
    const [threshold] = loaded(THRESHOLD.replace('container.id, proc.name', 'container, fd.sport'));
    expect(threshold?.grouping).toMatchObject({
      ...{ text: 'container, fd.sport', ofContainer: true },
      parts: [{ operands: [{ key: 'container.id' }] }, { operands: [{ key: 'fd.sport' }] }],
    });
    const { diagnostics } = loadTexts(SEQUENCE.replace('by: container', 'by: [tree, fd.name]'));
    expect(diagnostics.map((d) => d.message)).toEqual(['`tree` must stand alone']);
  });

  it('remember the same as long as what decides is the same', () => {
    const print = (text: string): string => loaded(text)[0]?.fingerprint ?? '';
    expect(print(SEQUENCE.replace('desc: d', 'desc: other').replace('NOTICE', 'ERROR'))).toBe(
      print(SEQUENCE),
    );
    for (const [from, to] of [
      ['30s', '31s'],
      ['/tmp', '/var'],
      ['%made.fd.name', '%made.proc.name'],
      ['fd.num = 1', 'fd.num = 2'],
    ] as const)
      expect(print(SEQUENCE.replace(from, to))).not.toBe(print(SEQUENCE));
  });
});

describe('a problem of a sequence or threshold has place, code and remedy', () => {
  const sequence = (from: string, to: string): string => SEQUENCE.replace(from, to);
  const threshold = (from: string, to: string): string => THRESHOLD.replace(from, to);
  it.each([
    ['no steps', SEQUENCE.replace(/ {2}steps:[\s\S]*/, ''), ['RULE_KEY_MISSING', '`steps` is missing']],
    [
      'one step',
      SEQUENCE.replace(/ {4}- \{ without[\s\S]*/, ''),
      ['RULE_SEQUENCE', 'a sequence needs at least two steps'],
    ],
    ['a wrong span', sequence('30s', '30'), ['RULE_WITHIN', '`30` is not a time span']],
    ['a span of nothing', sequence('30s', '0s'), ['RULE_WITHIN', '`0s` is not a time span']],
    ['a span of days', sequence('30s', '25h'), ['RULE_WITHIN', '`25h` is not a time span']],
    [
      'an unknown grouping',
      sequence('by: container', 'by: contaner'),
      ['RULE_GROUPING', 'events cannot be grouped by `contaner`'],
    ],
    [
      'an unknown field',
      sequence('same: proc.name', 'same: proc.nme'),
      ['RULE_FIELD_UNKNOWN', 'unknown field `proc.nme`'],
    ],
    [
      'an unknown macro',
      sequence('evt.type = execve', 'strted'),
      ['RULE_MACRO_UNKNOWN', 'unknown macro `strted`'],
    ],
    [
      'a name of a class',
      sequence('name: made', 'name: proc'),
      ['RULE_SEQUENCE', '`proc` means something else in an output'],
    ],
    [
      'two equal names',
      sequence('name: ran', 'name: made'),
      ['RULE_SEQUENCE', 'two steps are called `made`'],
    ],
    [
      'an output of no step',
      sequence('%made.', '%mde.'),
      ['RULE_OUTPUT', 'unknown field `mde.fd.name` in the output'],
    ],
    [
      'same in some steps',
      sequence(', same: proc.name', ''),
      ['RULE_SEQUENCE', 'some steps have `same` and this one has not'],
    ],
    [
      'an unknown rule',
      sequence('condition: evt.type = execve', 'rule: X'),
      ['RULE_STEP_RULE', 'no rule `X` is loaded'],
    ],
    [
      'both ways',
      sequence('name: ran,', 'name: ran, rule: X,'),
      ['RULE_SEQUENCE', 'exactly one of `condition` and `rule` is needed'],
    ],
    [
      'no count',
      threshold('  more_than: 20\n', ''),
      ['RULE_COUNT', 'exactly one of `at_least` and `more_than` is needed'],
    ],
    ['a count too high', threshold('20', '10000'), ['RULE_COUNT', '`10000` is not a count that can be kept']],
    [
      'a tree',
      threshold('[container.id, proc.name]', 'tree'),
      ['RULE_GROUPING', '`by: tree` is for sequences: a count has no first process'],
    ],
    [
      'a rule of its name',
      THRESHOLD + ruleText('T', 'evt.type = open'),
      ['RULE_NAME_TAKEN', 'a rule is called `T` too'],
    ],
    [
      'nothing to override',
      '- sequence: X\n  enabled: false\n  override: { enabled: replace }\n',
      ['RULE_NO_PREVIOUS', 'no sequence `X` exists to append to or override'],
    ],
  ])('%s', (_, text, [code, message]) => {
    const { value, diagnostics } = loadTexts(text);
    expect(value).toBeUndefined();
    expect(diagnostics.map((d) => [d.code, d.message])).toContainEqual([code, message]);
    for (const d of diagnostics) expect(d.span.line).toBeGreaterThan(0);
  });

  it('a `without` in front and at the end', () => {
    const wrong = SEQUENCE.replace(
      '    - { name: made',
      '    - { without: evt.type = open, same: fd.name }\n    - { name: made',
    );
    expect(loadTexts(wrong).diagnostics.map(showDiagnostic)).toEqual([
      '0.yaml:8:7 RULE_SEQUENCE sequence "S": a `without` must stand between two steps',
    ]);
  });
});

it('never throws on what a file holds', () => {
  const edit = fc.record({
    at: fc.nat(SEQUENCE.length + THRESHOLD.length),
    length: fc.nat(20),
    text: fc.constantFrom(
      '',
      ' ',
      '- ',
      ': ',
      '[',
      '{',
      '%',
      '\n',
      'by',
      'steps',
      'null',
      'override: {steps: append}\n',
      '\0',
    ),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let text = SEQUENCE + THRESHOLD;
      for (const { at, length, text: put } of edits) text = text.slice(0, at) + put + text.slice(at + length);
      const { value, diagnostics } = loadTexts(text);
      expect(value === undefined).toBe(diagnostics.some((d) => d.severity === 'error'));
    }),
    { numRuns: 500 },
  );
});
