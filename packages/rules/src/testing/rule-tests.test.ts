import { describe, expect, it } from 'vitest';
import { loadTexts, ruleText, showDiagnostic } from './load-text.js';
import { parseRuleTests } from './rule-test-file.js';
import { type RuleTestRun, runRuleTests } from './rule-test-run.js';
import { tinyCatalogue } from './tiny-catalogue.js';

const { value: ruleSet } = loadTexts(
  ruleText('Shadow', 'evt.type = openat and fd.name = /etc/shadow and fd.num >= 0') +
    ruleText('Etc', 'evt.type = openat and fd.name startswith /etc/ and not proc.aname = sshd') +
    ruleText('Port', 'evt.type = connect and fd.sport in (22, 23)'),
);

function run(text: string): RuleTestRun {
  const { value, diagnostics } = parseRuleTests({ name: 't.yaml', text });
  expect(diagnostics).toEqual([]);
  return runRuleTests(ruleSet ?? { rules: [] }, value ?? [], tinyCatalogue);
}

const EVENT = '{evt.type: openat, fd.name: /etc/shadow, fd.num: 3}';

describe('runRuleTests', () => {
  it('passes a test when exactly the expected rules fire', () => {
    const { results, uncovered, diagnostics } = run(`
- name: both fire on the file
  event: ${EVENT}
  fires: [Shadow, Etc]
  output: {Shadow: o}
- name: a child of sshd is let alone, and a failed open is no read
  events:
    - {evt.type: openat, fd.name: /etc/passwd, proc.aname: [bash, sshd]}
    - {evt.type: openat, fd.name: /x, fd.num: null}
  fires: []
`);
    expect(results.map((r) => r.passed)).toEqual([true, true]);
    expect(uncovered).toEqual(['Port']);
    expect(diagnostics).toEqual([]);
  });

  it('says which rules are missing, which are too many and which output is wrong', () => {
    const { results } = run(`[{name: x, event: ${EVENT}, fires: [Etc, Port], output: {Etc: nothing}}]`);
    expect(results).toMatchObject([
      { passed: false, missing: ['Port'], unexpected: ['Shadow'], outputs: [{ rule: 'Etc', output: 'o' }] },
    ]);
  });

  it('reports fields, values and rules that do not exist', () => {
    const { diagnostics } = run(
      '[{name: x, event: {evt.type: connect, fd.prt: 1, fd.sport: ssh}, fires: [Prt]}]',
    );
    expect(diagnostics.map(showDiagnostic)).toEqual([
      't.yaml:1:74 RULE_TEST_RULE test "x": no rule `Prt` is loaded',
      't.yaml:1:39 RULE_TEST_FIELD test "x": unknown field `fd.prt`',
      't.yaml:1:50 RULE_TEST_FIELD test "x": `fd.sport` is of type port; `ssh` is not',
    ]);
  });
});

describe('parseRuleTests', () => {
  it.each([
    ['x: y', 't.yaml:1:1 RULE_TEST_SHAPE : a test file must be a list of tests'],
    ['- 3', 't.yaml:1:3 RULE_TEST_SHAPE : a test must be a mapping'],
    [
      '- {name: n, fires: []}',
      't.yaml:1:3 RULE_TEST_SHAPE test "n": a test needs one `event` or a list of `events`',
    ],
    ['- {name: n, event: {}}', 't.yaml:1:3 RULE_KEY_MISSING test "n": `fires` is missing'],
    [
      '- {name: n, event: {a: {b: c}}, fires: []}',
      't.yaml:1:24 RULE_TEST_SHAPE test "n": `a` must be a value or a list of values',
    ],
  ])('%s', (text, problem) => {
    const { value, diagnostics } = parseRuleTests({ name: 't.yaml', text });
    expect(value).toBeUndefined();
    expect(diagnostics.map(showDiagnostic)).toEqual([problem]);
  });

  it('says what kept a rule from firing', () => {
    const { results } = run(`
- name: a child of sshd, at another file
  event: {evt.type: openat, fd.name: /var/x, proc.aname: [sshd]}
  fires: [Etc, Port]
`);
    expect(results[0]?.why).toEqual([
      {
        ...{ rule: 'Etc', reason: '' },
        checks: [
          { condition: 'fd.name startswith /etc/', value: '/var/x' },
          { condition: 'not proc.aname = sshd', value: '(sshd)' },
        ],
      },
      { rule: 'Port', reason: 'it is about connect', checks: [] },
    ]);
  });

  it('covers an entry of an exception when one event is excepted by it and another is not', () => {
    const { value } = loadTexts(
      ruleText(
        'Shell',
        'evt.type = execve and proc.name = sh',
        '  exceptions: [{name: parents, fields: proc.pname, values: [cron, make]}, {name: none, fields: fd.name}]\n',
      ),
    );
    const tests = parseRuleTests({
      name: 't.yaml',
      text: `
- name: fires
  event: {evt.type: execve, proc.name: sh, proc.pname: nginx}
  fires: [Shell]
- name: excepted
  event: {evt.type: execve, proc.name: sh, proc.pname: cron}
  fires: []
- name: never about it
  event: {evt.type: execve, proc.name: ls, proc.pname: make}
  fires: []
`,
    });
    const { coverage } = runRuleTests(value ?? { rules: [] }, tests.value ?? [], tinyCatalogue);
    expect(coverage).toEqual({
      rules: [
        {
          ...{ name: 'Shell', fired: 1, quiet: 2, covered: true },
          exceptions: [
            {
              name: 'parents',
              entries: [
                { entry: 'proc.pname in (cron)', excepted: 1, passedOver: 1, covered: true },
                { entry: 'proc.pname in (make)', excepted: 0, passedOver: 2, covered: false },
              ],
            },
            { name: 'none', entries: [] },
          ],
        },
      ],
      ...{ total: 3, covered: 2, percent: 66 },
    });
  });
});
