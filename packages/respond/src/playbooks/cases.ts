import {
  choice,
  labels,
  list,
  mapped,
  object,
  Place,
  type PolicyDiagnostic,
  parsed,
  Reporter,
  type Shape,
  text,
} from '@runward/policy/shape';
import { readYaml, type SourceFile } from '@runward/yaml';
import { PlaybookEngine, type Verdict } from './engine.js';
import type { Finding } from './finding.js';
import { type Playbook, PRIORITIES, SOURCES } from './model.js';

/** What is expected of a playbook when it is shown some detections. */
export interface PlaybookCase {
  readonly name: string;
  readonly playbook: string;
  readonly steps: readonly Step[];
  readonly file: string;
  readonly line: number;
}

interface Step {
  readonly finding: Finding;
  readonly replicas: number | undefined;
  readonly expect: Expected;
}

const OUTCOMES = ['act', 'ask', 'dry-run', 'held', 'breaker', 'nothing'] as const;
type Expected = (typeof OUTCOMES)[number];

export interface CaseReport {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Empty: it passed. */
  readonly failures: readonly string[];
}

const short = (what: string) => text({ what, maxLength: 1024 });
const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
const moment: Shape<number> = parsed(
  'a time after the begin, such as `30s`',
  'write a number and s, m or h',
  (written) => {
    const [, amount = '', unit = ''] = /^(\d{1,6})([smh])$/.exec(written) ?? [];
    const ms = Number(amount) * (UNITS_MS[unit] ?? Number.NaN);
    return Number.isFinite(ms) ? ms : undefined;
  },
  { type: 'string' },
);
const begin: Shape<number> = parsed(
  'a time such as `2026-01-05T10:00:00Z`',
  'write it as RFC 3339 has it',
  (written) => (/^\d{4}-\d\d-\d\dT/.test(written) ? Date.parse(written) || undefined : undefined),
  { type: 'string' },
);
const number: Shape<number> = parsed(
  'a whole number',
  '',
  (written) => (/^\d{1,6}$/.test(written) ? Number(written) : undefined),
  { type: 'integer' },
);

const stepShape = object(
  {
    at: { shape: moment, doc: 'After the begin of the case.' },
    rule: { shape: short('the name of a rule'), doc: '' },
    priority: { shape: choice(PRIORITIES), doc: 'Default Warning.' },
    tags: { shape: list(short('a tag'), 64), doc: '' },
    source: { shape: choice(SOURCES), doc: 'Default syscall.' },
    container: { shape: short('a name'), doc: 'Name and id. Default c.' },
    image: { shape: short('an image'), doc: '' },
    namespace: { shape: short('a namespace'), doc: '' },
    pod: { shape: short('a pod'), doc: '' },
    podLabels: { shape: labels, doc: '' },
    labels: { shape: labels, doc: '' },
    count: { shape: number, doc: 'How many detections it stands for.' },
    replicas: { shape: number, doc: 'How many others of the workload run.' },
    expect: { shape: choice(OUTCOMES), doc: '' },
  },
  { required: ['rule', 'expect'] },
);

const caseShape = object(
  {
    case: { shape: short('a sentence'), doc: '' },
    playbook: { shape: short('the name of a playbook'), doc: '' },
    begins: { shape: begin, doc: 'Wall clock at the begin.' },
    steps: { shape: list(stepShape, 256), doc: '' },
  },
  { required: ['case', 'playbook', 'steps'] },
);
const casesShape = mapped(list(caseShape, 1000), (cases) => cases);

/** A Monday, ten o'clock: within most hours. */
const BEGIN_MS = Date.UTC(2026, 0, 5, 10);

export interface CaseReading {
  readonly cases: readonly PlaybookCase[];
  readonly diagnostics: readonly PolicyDiagnostic[];
}

/** Cases of playbooks, from `*.test.yaml`. Never throws on what the files hold. */
export function readPlaybookCases(files: readonly SourceFile[]): CaseReading {
  const cases: PlaybookCase[] = [];
  const diagnostics: PolicyDiagnostic[] = [];
  for (const file of files) {
    const reporter = new Reporter();
    for (const document of readYaml(file, reporter.yaml))
      for (const { value, span } of casesShape.read(document, new Place(reporter, '')) ?? []) {
        const beginMs = value.begins ?? BEGIN_MS;
        const steps = value.steps.map((step) => stepOf(step.value, beginMs));
        cases.push({
          ...{ name: value.case.text, playbook: value.playbook.text, steps },
          file: file.name,
          line: span.line,
        });
      }
    diagnostics.push(...reporter.diagnostics);
  }
  return { cases, diagnostics };
}

type StepValues = NonNullable<ReturnType<(typeof stepShape)['read']>>['value'];

function stepOf(value: StepValues, beginMs: number): Step {
  const name = value.container?.text ?? 'c';
  const image = value.image?.text ?? '';
  const namespace = value.namespace?.text;
  return {
    finding: {
      rule: value.rule.text,
      priority: value.priority ?? 'Warning',
      tags: (value.tags ?? []).map((tag) => tag.text),
      source: value.source ?? 'syscall',
      timeMs: beginMs + (value.at ?? 0),
      count: value.count ?? 1,
      pid: 1000,
      container: {
        ...{
          id: name,
          name,
          image,
          imageRepository: image.replace(/[:@].*$/, ''),
          imageDigest: '',
          runtime: 'containerd',
        },
        labels: value.labels ?? new Map(),
        podName: value.pod?.text ?? '',
        known: 'all',
        pod: namespace === undefined ? undefined : { namespace, labels: value.podLabels ?? new Map() },
      },
    },
    replicas: value.replicas,
    expect: value.expect,
  };
}

/** Each case with an engine of its own, and only its playbook in it. */
export function runPlaybookCases(
  playbooks: readonly Playbook[],
  cases: readonly PlaybookCase[],
): readonly CaseReport[] {
  return cases.map((each) => {
    const { name, file, line } = each;
    const playbook = playbooks.find((other) => other.name === each.playbook);
    const failures =
      playbook === undefined
        ? [`there is no playbook \`${each.playbook}\``]
        : failuresOf(playbook, each.steps);
    return { name, file, line, failures };
  });
}

function failuresOf(playbook: Playbook, steps: readonly Step[]): readonly string[] {
  let replicas: number | undefined;
  const engine = new PlaybookEngine([playbook], { replicas: () => replicas });
  return steps.flatMap((step, i) => {
    replicas = step.replicas;
    const [verdict] = engine.judge(step.finding);
    const found = verdict?.outcome ?? 'nothing';
    return found === step.expect ? [] : [`step ${i + 1}: expected ${step.expect}, not ${describe(verdict)}`];
  });
}

const describe = (verdict: Verdict | undefined): string =>
  verdict === undefined ? 'nothing' : `${verdict.outcome}${verdict.why === '' ? '' : ` (${verdict.why})`}`;
