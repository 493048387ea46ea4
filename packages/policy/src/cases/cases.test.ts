import { describe, expect, test } from 'vitest';
import { testPolicy } from '../testing/policies.js';
import { readPolicyCases } from './read-cases.js';
import { runPolicyCases } from './run-cases.js';

const web = testPolicy(
  `
selector: { images: ["*/web"], namespaces: [shop] }
file: { deny: [/etc/x, { path: /etc/y, operations: [read] }] }
kernelSurface: { mode: protect, default: deny, allow: [ptrace] }
`,
  'web',
);
const all = testPolicy(
  'capabilities: { mode: learn, deny: [CHOWN] }\nfile: { mode: protect, deny: [/srv/] }',
  'all',
);

function run(text: string, beside = [web]) {
  const { cases, diagnostics } = readPolicyCases({ name: 'web.test.yaml', text });
  expect(diagnostics).toEqual([]);
  return runPolicyCases([{ cases, policies: beside }], [web, all]);
}
const passed = (text: string): readonly boolean[] => run(text).results.map((result) => result.passed);

describe('a case', () => {
  test.each([
    ['expect: would-deny', '[read /etc/x]', true],
    ['expect: deny', '[read /etc/x]', false],
    ['expect: deny, mode: protect', '[read /etc/x]', true],
    ['expect: would-deny, mode: monitor', '[kernel bpf]', true],
    ['expect: allow', '[read /etc/z, write /etc/y, kernel ptrace]', true],
    ['expect: allow', '[read /etc/z, read /etc/y]', false],
    ['expect: would-deny, by: file deny /etc/y', '[read /etc/y]', true],
    ['expect: would-deny, by: "web: file deny /etc/y"', '[read /etc/y]', true],
    ['expect: would-deny, by: file deny /etc/x', '[read /etc/y]', false],
    ['expect: allow, by: nothing', '[read /etc/z]', true],
    ['expect: allow, by: nothing', '[kernel ptrace]', false],
    ['expect: allow', '[capability CHOWN, read /srv/x]', true],
    ['expect: deny, policies: [all]', '[read /srv/x]', true],
    ['expect: allow, workload: { image: "r/web:1" }', '[read /etc/x]', true],
    ['expect: would-deny, workload: { image: "r/web:1", namespace: shop }', '[read /etc/x]', true],
    ['expect: deny, workload: { image: other }', '[read /srv/x]', true],
  ])('with { %s } for %s passes: %s', (terms, actions, expected) => {
    expect(passed(`- { name: c, actions: ${actions}, ${terms} }`)).toEqual([expected]);
  });

  test('takes what the file says for all of them, unless it says otherwise', () => {
    const text = `
mode: protect
cases:
  - { name: a, actions: [read /etc/x], expect: deny }
  - { name: b, actions: [read /etc/x], expect: would-deny, mode: monitor }
`;
    expect(passed(text)).toEqual([true, true]);
  });

  test('that fails tells what came instead', () => {
    const [result] = run('- { name: c, actions: [read /etc/z, read /etc/y], expect: allow }').results;
    expect(result?.misses.map(({ action, explanation }) => [action, explanation.outcome])).toEqual([
      [{ kind: 'file', operation: 'read', path: '/etc/y', by: '', owner: false }, 'would-deny'],
    ]);
  });
});

test('lines that decide in a passed case are covered, those of sections that are off or learning do not count', () => {
  const { coverage } = run(`
- { name: a, actions: [read /etc/x, kernel ptrace], expect: would-deny }
- { name: b, actions: [read /etc/y, read /etc/y], expect: would-deny }
- { name: c, actions: [kernel bpf], expect: deny }
`);
  expect(coverage.lines.map(({ label, decided }) => [label, decided])).toEqual([
    ['file deny /etc/x', 0],
    ['file deny /etc/y', 2],
    ['kernelSurface allow ptrace', 0],
    ['kernelSurface default', 1],
    ['file deny /srv', 0],
  ]);
  expect([coverage.covered, coverage.total, coverage.percent]).toEqual([2, 5, 40]);
});

describe('what cannot be judged is told', () => {
  test.each([
    ['by: file deny /etc/xx', 'POLICY_LINE_UNKNOWN', 'did you mean `file deny /etc/x`?'],
    ['policies: [wep]', 'POLICY_NAME_UNKNOWN', 'did you mean `web`?'],
  ])('%s', (terms, code, help) => {
    const { results, diagnostics } = run(`- { name: c, actions: [read /a], expect: allow, ${terms} }`);
    expect(results).toEqual([]);
    expect(diagnostics.map((d) => [d.code, d.help, d.span.line])).toEqual([[code, help, 1]]);
  });

  test('a case nobody decides', () => {
    const { diagnostics } = run('- { name: c, actions: [read /a], expect: allow }', []);
    expect(diagnostics.map(({ code }) => code)).toEqual(['POLICY_NAME_UNKNOWN']);
  });

  test.each([
    ['', 'POLICY_DOCUMENT', 1],
    ['x', 'POLICY_DOCUMENT', 1],
    ['- name: a', 'POLICY_KEY_MISSING', 1],
    ['- { name: a, actions: [], expect: allow }', 'POLICY_VALUE', 1],
    ['- { name: a, actions: [read /x], expect: denied }', 'POLICY_VALUE', 1],
    ['- name: a\n  expect: allow\n  actions: [raed /x]', 'POLICY_ACTION', 3],
    ['- { name: a, actions: [read /x], expect: allow, worklaod: {} }', 'POLICY_KEY_UNKNOWN', 1],
    ['cases: {}', 'POLICY_VALUE_TYPE', 1],
    ['- {', 'POLICY_YAML_SYNTAX', 1],
  ])('%j', (text, code, line) => {
    const { cases, diagnostics } = readPolicyCases({ name: 't', text });
    expect(cases).toEqual([]);
    expect(diagnostics.map((d) => [d.code, d.span.line])).toContainEqual([code, line]);
  });
});
