import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fieldCatalogue } from '@runward/events';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { RULE_CODES } from './diagnostics/codes.js';
import { printCondition } from './explain/print.js';
import { loadRules } from './load.js';
import { loadTexts, ruleText, showDiagnostic } from './testing/load-text.js';

const problems = (...texts: readonly string[]): readonly string[] =>
  loadTexts(...texts).diagnostics.map(showDiagnostic);
const condition = (...texts: readonly string[]): string => {
  const { value, diagnostics } = loadTexts(...texts);
  const [rule] = value?.rules ?? [];
  return rule === undefined ? diagnostics.map(showDiagnostic).join('\n') : printCondition(rule.condition);
};

const OPEN = 'evt.type = open and';

describe('loadRules reports', () => {
  it.each([
    [
      'a: [',
      [
        '0.yaml:1:5 RULE_YAML_SYNTAX : flow sequence in block collection must be sufficiently indented and end with a ]',
      ],
    ],
    ['rule: x', ['0.yaml:1:1 RULE_NOT_A_LIST : a rule file must be a list of items']],
    ['- 3', ['0.yaml:1:3 RULE_ITEM_SHAPE : an item must be a mapping']],
    ['- thing: 3', ['0.yaml:1:3 RULE_ITEM_UNKNOWN : unknown item `thing` is ignored']],
    [
      '- required_engine_version: 99.0.0',
      [
        '0.yaml:1:28 RULE_ENGINE_VERSION : the file requires engine version 99.0.0; this engine speaks 0.62.0',
      ],
    ],
    [
      '- required_plugin_versions: [{name: k8saudit, version: 0.1.0}]',
      [
        '0.yaml:1:30 RULE_PLUGIN_MISSING : the file was written for plugin `k8saudit`, which does not exist here',
      ],
    ],
    [
      '- rule: A\n  condition: evt.type=open\n  priority: LOUD',
      [
        '0.yaml:1:3 RULE_KEY_MISSING rule "A": `output` is missing',
        '0.yaml:1:3 RULE_KEY_MISSING rule "A": `desc` is missing',
        '0.yaml:3:13 RULE_PRIORITY rule "A": `LOUD` is not a priority',
      ],
    ],
    [
      ruleText('A', 'evt.type=open', '  enabled: maybe\n  tags: x\n  colour: red'),
      [
        '0.yaml:8:3 RULE_KEY_UNKNOWN rule "A": unknown key `colour`',
        '0.yaml:6:12 RULE_KEY_TYPE rule "A": `enabled` must be true or false, not `maybe`',
        '0.yaml:7:9 RULE_KEY_TYPE rule "A": `tags` must be a list',
      ],
    ],
    [
      ruleText('A', `${OPEN} proc.nam=x`),
      ['0.yaml:3:34 RULE_FIELD_UNKNOWN rule "A": unknown field `proc.nam`'],
    ],
    [
      ruleText('A', `>\n    ${OPEN}\n      (proc.name = x\n      or fd.num contains 3)`),
      ['0.yaml:6:10 RULE_OPERATOR_TYPE rule "A": `contains` does not apply to `fd.num`, which is a number'],
    ],
    [
      ruleText('A', `"${OPEN} \\"x\\" = y"`),
      ['0.yaml:3:36 RULE_CONDITION_SYNTAX rule "A": expected a field, a macro or `(`, found `"x"`'],
    ],
    [
      ruleText('A', `${OPEN} fd.num > many`),
      ['0.yaml:3:43 RULE_VALUE_TYPE rule "A": `>` compares with numbers; `many` is none'],
    ],
    [
      ruleText('A', `${OPEN} proc.aname[x] = y`),
      ['0.yaml:3:34 RULE_FIELD_ARGUMENT rule "A": `proc.aname` takes a number, not `x`'],
    ],
    [
      ruleText('A', `${OPEN} evt.arg = y`),
      ['0.yaml:3:34 RULE_FIELD_ARGUMENT rule "A": `evt.arg` needs an argument: `evt.arg[name]`'],
    ],
    [
      ruleText('A', `${OPEN} fd.sip = 300.1.2.3`),
      ['0.yaml:3:43 RULE_VALUE_TYPE rule "A": `300.1.2.3` is not an address or a network'],
    ],
    [
      ruleText('A', `${OPEN} proc.name regex "("`),
      [
        '0.yaml:3:50 RULE_PATTERN rule "A": `(` is not a regular expression: error parsing regexp: missing closing ): `(`',
      ],
    ],
    [
      ruleText('A', `${OPEN} len(fd.num) > 1`),
      ['0.yaml:3:34 RULE_TRANSFORMER rule "A": len() needs a text, bytes or a list'],
    ],
    [
      ruleText('A', `${OPEN} fd.num = val(proc.name)`),
      [
        '0.yaml:3:34 RULE_OPERATOR_TYPE rule "A": `fd.num` (int) cannot be compared with `proc.name` (string)',
      ],
    ],
    [
      ruleText('A', 'evt.type = opne'),
      ['0.yaml:3:25 RULE_EVENT_TYPE_UNKNOWN rule "A": unknown event type `opne`'],
    ],
    [
      ruleText('A', 'evt.type in (open, getrandom)'),
      ['0.yaml:3:33 RULE_EVENT_TYPE_UNOBSERVED rule "A": event type `getrandom` is not observed'],
    ],
    [ruleText('A', `${OPEN} shell`), ['0.yaml:3:34 RULE_MACRO_UNKNOWN rule "A": unknown macro `shell`']],
    [
      ruleText('A', 'proc.name = x'),
      ['0.yaml:1:3 RULE_NO_EVENT_TYPE rule "A": the condition matches 124 event types'],
    ],
    [ruleText('A', 'proc.name = x', '  warn_evttypes: false'), []],
    [
      ruleText('A', 'evt.type = open and evt.dir = <'),
      ['0.yaml:3:34 RULE_DEPRECATED rule "A": `evt.dir` is deprecated: it is always `<`'],
    ],
    [
      ruleText('A', `${OPEN} x.y = 1`, '  skip-if-unknown-filter: true'),
      ['0.yaml:3:34 RULE_SKIPPED rule "A": the rule is skipped: unknown field `x.y`'],
    ],
    [
      ruleText('A', 'x.y = 1', '  source: k8s_audit'),
      ['0.yaml:1:3 RULE_SOURCE_UNKNOWN rule "A": unknown event source `k8s_audit`: the rule is skipped'],
    ],
    [
      '- macro: 2x\n  condition: evt.type=open',
      [
        '0.yaml:1:3 RULE_MACRO_NAME macro "2x": `2x` cannot be used as the name of a macro',
        '0.yaml:1:3 RULE_MACRO_UNUSED macro "2x": macro `2x` is never used',
      ],
    ],
    [
      '- list: a b\n  items: []',
      [
        '0.yaml:1:3 RULE_LIST_NAME list "a b": `a b` cannot be used as the name of a list',
        '0.yaml:1:3 RULE_LIST_UNUSED list "a b": list `a b` is never used',
      ],
    ],
    [
      `- list: l\n  items: [a, b]\n${ruleText('A', `${OPEN} proc.name = l`)}`,
      ['0.yaml:5:46 RULE_LIST_AS_VALUE rule "A": list `l` has 2 items and stands where one value belongs'],
    ],
    [
      '- rule: A\n  condition: and x\n  append: true',
      [
        '0.yaml:3:3 RULE_DEPRECATED rule "A": `append` is deprecated',
        '0.yaml:1:3 RULE_NO_PREVIOUS rule "A": no rule `A` exists to append to or override',
      ],
    ],
    [
      ruleText('A', 'evt.type=open', '  override: {priority: append, x: add}'),
      [
        '0.yaml:6:14 RULE_OVERRIDE rule "A": `priority` cannot be appended to',
        '0.yaml:6:35 RULE_OVERRIDE rule "A": `add` is not a way to override `x`',
      ],
    ],
    [
      ruleText('A', 'evt.type=open', '  exceptions: [{name: x, fields: [proc.name, fd.name], comps: [=]}]'),
      ['0.yaml:6:16 RULE_EXCEPTION rule "A": `fields` and `comps` must be lists of the same length'],
    ],
    [
      ruleText(
        'A',
        'evt.type=open',
        '  exceptions: [{name: x, fields: proc.name}, {name: x, fields: fd.name}]',
      ),
      ['0.yaml:6:46 RULE_EXCEPTION_DUPLICATE rule "A": exception `x` is defined twice in the rule'],
    ],
    [
      '- rule: A\n  desc: d\n  condition: evt.type=open\n  output: "a %proc.nme b %fd.name. %"\n  priority: INFO',
      [
        '0.yaml:4:14 RULE_OUTPUT rule "A": unknown field `proc.nme` in the output',
        '0.yaml:4:36 RULE_OUTPUT rule "A": `%` is not followed by a field',
      ],
    ],
  ])('%j', (text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  it("every problem of all files in one pass, with the ecosystem's code", () => {
    const { value, diagnostics } = loadTexts(
      ruleText('A', `${OPEN} a.b = 1 and c.d = 2`),
      ruleText('B', 'evt.type = '),
    );
    expect(value).toBeUndefined();
    expect(diagnostics.map((d) => [d.span.file, d.code, d.loadCode])).toEqual([
      ['0.yaml', 'RULE_FIELD_UNKNOWN', 'LOAD_ERR_COMPILE_CONDITION'],
      ['0.yaml', 'RULE_FIELD_UNKNOWN', 'LOAD_ERR_COMPILE_CONDITION'],
      ['1.yaml', 'RULE_CONDITION_SYNTAX', 'LOAD_ERR_COMPILE_CONDITION'],
    ]);
  });

  it('the first syntax error of each document, and reads the others', () => {
    expect(problems('- rule: x\n\tfoo: y\n---\n- thing: 3')).toEqual([
      '0.yaml:2:2 RULE_YAML_SYNTAX : unexpected scalar at node end',
      '0.yaml:4:3 RULE_ITEM_UNKNOWN : unknown item `thing` is ignored',
    ]);
  });

  it('places in files with a byte order mark and carriage returns', () => {
    const text = ruleText('A', `>\n    ${OPEN}\n    proc.nam=x`).replaceAll('\n', '\r\n');
    expect(problems(`\ufeff${text}`)).toEqual([
      '0.yaml:5:5 RULE_FIELD_UNKNOWN rule "A": unknown field `proc.nam`',
    ]);
  });

  it('plain data, which can be copied to another thread', () => {
    const result = loadTexts(ruleText('A', 'evt.type=open and x.y=1'), ruleText('B', 'evt.type=open'));
    expect(structuredClone(result)).toEqual(result);
    const { value } = loadTexts(ruleText('B', 'evt.type=open and proc.name=x'));
    expect(structuredClone(value)).toEqual(value);
    expect(value?.rules[0]?.span).toEqual({ file: '0.yaml', line: 1, column: 3, endLine: 6, endColumn: 1 });
  });

  it('a problem of a macro once, however many rules use it', () => {
    const macro = '- macro: m\n  condition: a.b = 1\n';
    expect(
      problems(macro + ruleText('A', 'evt.type=open and m') + ruleText('B', 'evt.type=open and m')),
    ).toEqual(['0.yaml:2:14 RULE_FIELD_UNKNOWN macro "m": unknown field `a.b`']);
  });

  it('codes that are each documented', () => {
    const doc = readFileSync(new URL('../../../docs/errors/rules.md', import.meta.url), 'utf8');
    for (const code of Object.keys(RULE_CODES)) expect(doc).toContain(`- \`${code}\`: `);
  });
});

describe('loadRules resolves', () => {
  it('lists of lists, quoted items and items with blanks', () => {
    const lists = '- list: a\n  items: [x, b, two words]\n- list: b\n  items: [\'"(q)"\', z]\n';
    expect(condition(lists + ruleText('A', `${OPEN} proc.name in (a, y)`))).toBe(
      'evt.type = open and proc.name in (x, "(q)", z, "two words", y)',
    );
  });

  it('a quoted name of a list as the text it is', () => {
    expect(condition(`- list: a\n  items: [x]\n${ruleText('A', `${OPEN} proc.name in ("a")`)}`)).toContain(
      'in (a)',
    );
  });

  it('a list with one item where one value belongs', () => {
    expect(condition(`- list: a\n  items: [x]\n${ruleText('A', `${OPEN} proc.name = a`)}`)).toContain(
      'proc.name = x',
    );
  });

  it('a check against an empty list as never true', () => {
    expect(condition(`- list: a\n  items: []\n${ruleText('A', `${OPEN} not proc.name in (a)`)}`)).toBe(
      'evt.type = open',
    );
  });

  it('macros of macros, earlier ones only', () => {
    const macros = '- macro: a\n  condition: proc.name=x\n- macro: b\n  condition: a or proc.name=y\n';
    expect(condition(macros + ruleText('A', `${OPEN} b`))).toBe(
      'evt.type = open and (proc.name = x or proc.name = y)',
    );
    expect(
      problems(`- macro: a\n  condition: b\n- macro: b\n  condition: evt.type=open\n${ruleText('A', 'a')}`),
    ).toEqual(['0.yaml:2:14 RULE_MACRO_UNKNOWN macro "a": unknown macro `b`']);
  });

  it('a macro that is redefined through a later one and back as a circle', () => {
    const text =
      '- macro: a\n  condition: evt.type=open\n- macro: b\n  condition: a\n- macro: a\n  condition: b\n';
    expect(problems(text + ruleText('A', 'b'))).toContain(
      '0.yaml:6:14 RULE_MACRO_CYCLE macro "a": macro `b` refers to itself',
    );
  });

  it('a later file over an earlier one', () => {
    const first = `- list: l\n  items: [a]\n- macro: m\n  condition: proc.name in (l)\n${ruleText('A', `${OPEN} m`)}`;
    const second =
      '- list: l\n  items: [b]\n  override: {items: append}\n- macro: m\n  condition: or proc.pname=c\n  override: {condition: append}\n';
    expect(condition(first, second)).toBe('evt.type = open and (proc.name in (a, b) or proc.pname = c)');
  });

  it('appended conditions as text, by their precedence', () => {
    const append = '- rule: A\n  condition: or evt.type = openat\n  override: {condition: append}\n';
    expect(condition(ruleText('A', `${OPEN} proc.name=x`) + append)).toBe(
      '(evt.type = open and proc.name = x) or evt.type = openat',
    );
  });

  it('overrides key by key', () => {
    const override = [
      '- rule: A',
      '  condition: and proc.name=x',
      '  output: more',
      '  desc: new',
      '  priority: ERROR',
      '  tags: [b]',
      '  enabled: false',
      '  override: {condition: append, output: append, desc: replace, priority: replace, tags: append, enabled: replace}',
    ].join('\n');
    const { value, diagnostics } = loadTexts(ruleText('A', 'evt.type=open', '  tags: [a]\n') + override);
    expect(diagnostics).toEqual([]);
    expect(value?.rules).toMatchObject([
      {
        name: 'A',
        output: 'o more',
        description: 'new',
        priority: 'Error',
        tags: ['a', 'b'],
        enabled: false,
      },
    ]);
  });

  it('a key that `override` does not mention as a mistake', () => {
    const override =
      '- rule: A\n  condition: and proc.name=x\n  output: more\n  override: {condition: append}\n';
    expect(problems(ruleText('A', 'evt.type=open') + override)).toEqual([
      '0.yaml:8:3 RULE_OVERRIDE rule "A": `override` does not say what to do with `output`',
    ]);
  });

  it.each([
    ['{name: x, fields: proc.name, values: [a, b c]}', 'not proc.name in (a, "b c")'],
    [
      '{name: x, fields: proc.name, comps: startswith anyof, values: [a, b]}',
      'not proc.name startswith anyof (a, b)',
    ],
    ['{name: x, fields: [proc.name, fd.name], values: [[a, /b]]}', 'not (proc.name = a and fd.name = /b)'],
    [
      '{name: x, fields: [proc.name, fd.name], comps: [in, startswith], values: [[[a, b], /c], [d, /e]]}',
      'not ((proc.name in (a, b) and fd.name startswith /c) or (proc.name in (d) and fd.name startswith /e))',
    ],
    ['{name: x, fields: [proc.name]}', ''],
  ])('exception %s', (exception, expected) => {
    const text = ruleText('A', 'evt.type=open', `  exceptions: [${exception}]\n`);
    expect(condition(text)).toBe(`evt.type = open${expected === '' ? '' : ` and ${expected}`}`);
  });

  it('values appended to an exception, lists by name among them', () => {
    const base = `- list: l\n  items: [p, q]\n${ruleText('A', 'evt.type=open', '  exceptions: [{name: x, fields: proc.name, values: [a]}]\n')}`;
    const more = '- rule: A\n  exceptions: [{name: x, values: [l]}]\n  override: {exceptions: append}\n';
    expect(condition(base, more)).toBe('evt.type = open and not proc.name in (a, p, q)');
  });
});

describe('loadRules and flows', () => {
  const load = (text: string) => loadRules([{ name: '0.yaml', text }], { catalogue: fieldCatalogue });
  const rule = (name: string, condition: string, more = ''): string =>
    `- {rule: ${name}, desc: d, condition: '${condition}', output: o, priority: INFO${more}}\n`;

  test('keeps rules with `source: flow` apart, whatever else they share', () => {
    const text = `- {macro: web, condition: container.name = web}\n${rule('A', 'evt.type = connect and web')}${rule('B', 'web and flow.bytes.out > 9', ', source: flow')}`;
    const { value, diagnostics } = load(text);
    expect(diagnostics).toEqual([]);
    expect(value?.rules.map(({ name }) => name)).toEqual(['A']);
    expect(value?.flowRules?.map(({ name, eventTypes }) => [name, eventTypes])).toEqual([['B', ['flow']]]);
  });

  test.each([
    ['a field of events', rule('B', 'evt.type = connect', ', source: flow'), 'RULE_FIELD_UNKNOWN'],
    ['a field of flows in a rule about events', rule('B', 'flow.bytes.out > 9'), 'RULE_FIELD_UNKNOWN'],
    ['a macro that does not exist', rule('B', 'nothing', ', source: flow'), 'RULE_MACRO_UNKNOWN'],
    [
      'a macro with an error, once',
      `- {macro: m, condition: 'flow.role =='}\n${rule('B', 'm', ', source: flow')}`,
      'RULE_CONDITION_SYNTAX',
    ],
    [
      'a sequence over such a rule',
      `${rule('B', 'flow.role = client', ', source: flow')}- {sequence: T, desc: d, priority: INFO, output: o, within: 60s, by: container, steps: [{name: a, rule: B}, {name: b, condition: evt.type = connect}]}\n`,
      'RULE_STEP_RULE',
    ],
  ])('refuses %s', (_, text, code) => {
    const { value, diagnostics } = load(text);
    expect(value).toBeUndefined();
    expect(diagnostics.filter(({ severity }) => severity === 'error').map((d) => d.code)).toEqual([code]);
  });
});

describe('loadRules withstands', () => {
  it('any text', () => {
    const line = fc.constantFrom(
      '- rule: A',
      '- macro: m',
      '- list: l',
      '  condition: m',
      '  items: [a, l]',
      '  output: "%"',
      '  desc: &x d',
      '  append: true',
      '  override: {condition: append}',
      '  exceptions: [{name: x}]',
      '  priority: *x',
      '---',
      '- [',
      ': :',
      '\t- x',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.array(line, { maxLength: 12 }).map((l) => l.join('\n')),
    );
    fc.assert(
      fc.property(text, (t) => {
        for (const { span, message } of loadTexts(t).diagnostics) {
          expect(span.line).toBeGreaterThan(0);
          expect(span.column).toBeGreaterThan(0);
          expect(message).not.toBe('');
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('a list of 10,000 items', () => {
    const items = Array.from({ length: 10_000 }, (_, i) => `/x/${i}`).join(', ');
    const { value } = loadTexts(`- list: l\n  items: [${items}]\n${ruleText('A', `${OPEN} fd.name in (l)`)}`);
    expect(value?.rules).toHaveLength(1);
  });

  it('lists and macros that double themselves', () => {
    const lists = Array.from({ length: 200 }, (_, i) => `- list: l${i + 1}\n  items: [l${i}, l${i}]\n`).join(
      '',
    );
    const macros = Array.from(
      { length: 200 },
      (_, i) => `- macro: m${i + 1}\n  condition: (m${i} and fd.name=${i}) or not m${i}\n`,
    ).join('');
    const first = '- list: l0\n  items: [a]\n- macro: m0\n  condition: proc.name in (l200)\n';
    expect(
      loadTexts(`- list: l0\n  items: [a]\n${lists}${first}${macros}${ruleText('A', `${OPEN} m200`)}`).value
        ?.rules,
    ).toHaveLength(1);
  });

  it('a condition nested 1,000 deep, and one nested 100,000 deep with a named limit', () => {
    const nested = (n: number): string =>
      ruleText('A', `${OPEN} ${'not (fd.num=1 and '.repeat(n)}proc.name=a${')'.repeat(n)}`);
    expect(loadTexts(nested(1000)).value?.rules).toHaveLength(1);
    expect(problems(nested(100_000))).toEqual([
      expect.stringContaining('nested deeper than the limit of 1200'),
    ]);
  });

  it('YAML nested without end', () => {
    expect(loadTexts('['.repeat(50_000)).diagnostics[0]?.code).toBe('RULE_YAML_SYNTAX');
  });
});

// Rule files of the ecosystem, where the working copy has them next to it: they are never part of the project.
const official = new URL('../../../../shared/conformance/falco-rules/', import.meta.url);

describe.runIf(existsSync(official))('the official rule files', () => {
  it('load unmodified without a problem, one by one and together', () => {
    const names = existsSync(official) ? readdirSync(official).sort() : [];
    const files = names.map((name) => ({ name, text: readFileSync(new URL(name, official), 'utf8') }));
    expect(files).toHaveLength(3);
    for (const set of [...files.map((file) => [file]), files]) {
      const { diagnostics } = loadRules(set, { catalogue: fieldCatalogue });
      expect(diagnostics.map(showDiagnostic)).toEqual([]);
    }
  });
});
