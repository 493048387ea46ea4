import {
  diffPolicies,
  explainAction,
  mergePolicies,
  parseActions,
  readPolicyCases,
  runPolicyCases,
} from '@runward/policy';
import { testPolicy } from '@runward/policy/testing';
import type { PolicyBacktestSummary } from '@runward/replay';
import { describe, expect, test } from 'vitest';
import { goesBy } from './agent-workloads.js';
import { type Command, parseCommand } from './command.js';
import { junitReport } from './junit.js';
import { policyBacktestHtml } from './policy-backtest-html.js';
import { policyBacktestText } from './policy-backtest-text.js';
import { policyDiffText } from './policy-diff-text.js';
import { effectiveText, explanationText } from './policy-explain-text.js';
import { failureText, policyJunitRun, uncoveredLines } from './policy-test-text.js';
import { backtestEvidence, evidenceText, monitorEvidence } from './promotion-evidence.js';
import { FACT_OPTIONS, factsOf } from './workload-facts.js';

const plain = (_: string, text: string): string => text;
const base = testPolicy('file: { mode: protect, deny: [{ path: /etc/x, comment: mine }, /etc/] }', 'base');
const team = testPolicy('file: { default: deny }', 'team');

describe('an explanation for people', () => {
  test('names the line, its reason and what would have decided without it', () => {
    const [action] = parseActions('read /etc/x').actions ?? [];
    if (action === undefined) throw new Error('no action');
    expect(explanationText(explainAction(mergePolicies([base, team]), action), plain)).toBe(
      `read /etc/x: denied
  by base, test.yaml:6:33: denies everything on /etc/x (protect)
     “mine”
  had it not been for that line:
     base, test.yaml:6:66: denies everything on /etc/ and below (protect)
     team, test.yaml:6:11: denies everything that is done to files that no line allows (monitor)`,
    );
  });

  test('of all that holds gives each line its place', () => {
    expect(effectiveText(mergePolicies([base]))).toBe(`policy: base

file (denies; when Runward cannot answer: open)
  denies everything on /etc/x
      base in protect, test.yaml:6:33
      “mine”
  denies everything on /etc/ and below
      base in protect, test.yaml:6:66
  allows everything else

nothing is said of process, network, capabilities, syscalls, kernelSurface, privilege: allowed`);
    expect(effectiveText(mergePolicies([]))).toBe('no policy selects this workload: everything is allowed');
  });
});

test('a difference for people groups what is allowed by risk, and tells who says so', () => {
  const before = mergePolicies([testPolicy('kernelSurface: { default: deny }\nfile: { deny: [/srv/x] }')]);
  const after = mergePolicies([
    testPolicy(
      'kernelSurface: { default: deny, allow: [bpf] }\nfile: { mode: protect, deny: [/srv/x, /srv/y] }',
    ),
  ]);
  expect(policyDiffText(diffPolicies(before, after), 'old', 'new')).toBe(`new allows what old denies:
  high risk
    kernelSurface: bpf
        old: denied by \`kernelSurface default\` of test, test.yaml:6:20
        new: allowed by \`kernelSurface allow bpf\` of test, test.yaml:6:43
new denies what old allows:
    file: read, write, create, delete, rename, link, chmod, chown, mount, execute
        such as read /srv/y
        such as write /srv/y
        such as create /srv/y
        old: allowed, nothing is said of it
        new: denied by \`file deny /srv/y\` of test, test.yaml:7:41
Settings:
    file mode: monitor → protect
`);
  expect(policyDiffText(diffPolicies(before, before), 'a', 'b')).toBe('They decide everything alike.\n');
});

test('a failed case says what came instead, to people and as JUnit', () => {
  const { cases } = readPolicyCases({
    name: 'base.test.yaml',
    text: '- { name: "a <x>", actions: [read /etc/x], expect: allow }\n- { name: b, actions: [read /y], expect: allow }\n',
  });
  const run = runPolicyCases([{ cases, policies: [base] }], [base]);
  const [failed] = run.results;
  if (failed === undefined) throw new Error('no result');
  const text = `FAILED a <x> (base.test.yaml:1): expected allow
    read /etc/x: denied, by \`file deny /etc/x\` of base, test.yaml:6:33`;
  expect(failureText(failed)).toBe(text);
  expect(uncoveredLines(run.coverage)).toEqual([
    'no case is decided by `file deny /etc/x` of base (test.yaml:6)',
    'no case is decided by `file deny /etc` of base (test.yaml:6)',
  ]);
  const junit = junitReport(policyJunitRun(run));
  expect(junit).toContain('<testsuites name="runward policies" tests="2" failures="1" errors="0">');
  expect(junit).toContain(
    '<failure message="read /etc/x: denied, by `file deny /etc/x` of base, test.yaml:6:33">',
  );
});

const denied = {
  ...{ count: 3, firstAt: '2026-01-01T00:00:00Z', lastAt: '2026-01-02T00:00:00Z' },
  ...{ firstOutput: 'read /etc/<b>', lastOutput: 'read /etc/x', examples: ['read /etc/<b>'] },
};
const summary: PolicyBacktestSummary = {
  files: [{ path: 'r.rwrec', events: 10, from: null, to: null, complete: true, limits: [] }],
  ...{ events: 10, from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', coveredSeconds: 86_400 },
  ...{ gaps: [], skipped: [], cpuSeconds: 1, actions: 7, denied: 3, uncertain: 1, cached: 2 },
  ...{ containers: 4, selected: 2 },
  lines: [
    {
      ...{
        policy: 'p',
        section: 'file',
        label: 'file deny /etc',
        words: 'denies everything',
        comment: 'c & d',
      },
      ...{ file: 'p.yaml', line: 7, denied: 3, uncertain: 1, perHour: 0.125 },
      workloads: [
        { workload: { image: 'i', namespace: 'n', pod: 'q', container: 'w' }, denied, uncertain: 1 },
      ],
    },
  ],
  unobservable: [{ section: 'file', notes: ['opens that failed'] }],
};

describe('a backtest', () => {
  test('for people counts by line and workload, and says what it cannot show', () => {
    expect(
      policyBacktestText(summary),
    ).toBe(`10 events of 1 file, 2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z, 24.0 h covered; 7 actions of 2 of 4 containers judged
3 actions would have been denied (1 of them depending on whose the file was, which the events do not tell)

p: file deny /etc (p.yaml:7): 3 denials (1 of them depending on whose the file was, which the events do not tell), 0.13 per hour
  “c & d”
  n/q w (i)  3  2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z
    read /etc/<b>

What the history cannot show:
  file: opens that failed
`);
    expect(policyBacktestText({ ...summary, selected: 0, lines: [] })).toContain(
      'No container of the history is selected',
    );
  });

  test('as a page escapes what the history says', () => {
    const page = policyBacktestHtml(summary);
    expect(page).toContain('<code>read /etc/&lt;b&gt;</code>');
    expect(page).toContain('c &amp; d');
    expect(page).not.toContain('<b>');
    expect(page).toContain("default-src 'none'");
  });
});

describe('a container goes by', () => {
  const container = {
    ...{ id: 'abcdef0123456789', podName: 'payments-api-6d5f7c9b8-x2x4z' },
    workload: {
      ...{
        name: 'api',
        runtime: 'containerd',
        image: 'r/shop/api:2',
        imageRepository: 'r/shop/api',
        imageDigest: '',
      },
      ...{ labels: new Map<string, string>(), pod: { namespace: 'prod', labels: new Map<string, string>() } },
    },
  };
  test.each([
    ['api', true],
    ['payments-api', true],
    ['prod/payments-api-6d5f7c9b8-x2x4z', true],
    ['abcdef', true],
    ['abcd', false],
    ['r/shop/api', true],
    ['payments', false],
    ['payments-api-6d5f7c9b8', true],
    ['other', false],
  ])('%s: %s', (name, expected) => expect(goesBy(container, name)).toBe(expected));
});

test('who acts is told by options', () => {
  const command: Command = {
    ...{ name: 'x', summary: '', operands: '', about: '', options: FACT_OPTIONS, examples: [] },
    run: async () => 0,
  };
  const facts = (...argv: readonly string[]) => factsOf(parseCommand(command, argv));
  expect(facts()).toBeUndefined();
  expect(facts('--image', 'r:5000/a/b:1@sha256:x', '--pod-label', 'a=b=c')).toMatchObject({
    ...{ image: 'r:5000/a/b:1@sha256:x', imageRepository: 'r:5000/a/b' },
    pod: { namespace: '', labels: new Map([['a', 'b=c']]) },
  });
  expect(() => facts('--label', 'x')).toThrow('`--label x` is no label');
  expect(() => facts('--runtime', 'lxc')).toThrow('unknown runtime `lxc`');
});

test('of what an agent counts only lines that deny in these sections are evidence', () => {
  const line = {
    policy: 'p',
    section: 'file',
    file: 'f',
    line: 1,
    verdict: 'deny',
    mode: 'monitor',
    text: '/x',
    hits: 2,
    lastMs: 9,
  };
  const answer = { lines: [line, { ...line, section: 'network' }, { ...line, verdict: 'allow' }, 'odd'] };
  expect(monitorEvidence({ containers: [] }, answer, ['file'])).toEqual({
    ...{ containers: 0, since: null, lines: [line] },
    unwatched: [{ section: 'file', why: 'no running container is selected' }],
  });
  expect(monitorEvidence(null, null, [])).toEqual({ containers: 0, since: null, lines: [], unwatched: [] });
});

test('what a promotion was decided on is told in a line', () => {
  const monitor = { containers: 2, since: null, lines: [{ hits: 2 }, { hits: 3 }], unwatched: [] };
  expect(evidenceText({ confirmed: 'asked', backtest: backtestEvidence(summary), monitor })).toBe(
    'on 3 of 7 recorded actions would have been denied (2 containers, 2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z), 5 denials counted in monitor in 2 containers; asked and confirmed',
  );
  expect(evidenceText({ confirmed: '--yes', backtest: null, monitor: null })).toBe(
    'on no history; confirmed by --yes',
  );
  expect(evidenceText(undefined)).toBe('');
});
