import { plainSpan } from '@runward/core';
import { LIMITS } from '../model/limits.js';
import { RUNTIMES, type Workload } from '../model/policy.js';
import { labels } from '../read/selector-shape.js';
import { list, object } from '../shape/collections.js';
import { choice, text } from '../shape/scalars.js';
import { mapped, type Shape } from '../shape/shape.js';
import { MAX_ACTION_CHARACTERS, parseActions } from '../words/parse-action.js';
import { type CaseActions, OUTCOMES, type PolicyCase } from './policy-case.js';

/** Cases of one file, and actions of one case. */
const MAX_CASES = 10_000;

const short = mapped(text({ what: 'text', maxLength: LIMITS.textCharacters }), (written) => written.text);
const located = text({ what: 'text', maxLength: LIMITS.patternBytes });

const actionShape: Shape<CaseActions> = mapped(
  text({ what: 'an action', maxLength: MAX_ACTION_CHARACTERS }),
  (written, at) => {
    const { actions, problem } = parseActions(written.text);
    if (actions !== undefined) return { text: written.text, actions };
    const shown = written.text.length > 80 ? `${written.text.slice(0, 77)}…` : written.text;
    return at.report(
      'POLICY_ACTION',
      `the action \`${shown}\` ${problem.message}`,
      problem.help,
      written.span,
    );
  },
);

const workloadShape: Shape<Workload> = mapped(
  object({
    name: { shape: short, doc: "The container's name." },
    image: { shape: short, doc: 'Image reference.' },
    digest: { shape: short, doc: 'Image digest.' },
    runtime: { shape: choice(RUNTIMES), doc: 'Its runtime.' },
    labels: { shape: labels, doc: 'Labels of the container.' },
    namespace: { shape: short, doc: 'Namespace of its pod.' },
    podLabels: { shape: labels, doc: 'Labels of its pod.' },
  }),
  ({ value }): Workload => {
    const { name = '', image = '', digest = '', runtime = '', namespace, podLabels } = value;
    const inPod = namespace !== undefined || podLabels !== undefined;
    return {
      ...{ name, image, runtime, imageDigest: digest, labels: value.labels ?? new Map() },
      imageRepository: image.replace(/@.*$/, '').replace(/:[^/:]*$/, ''),
      pod: inPod ? { namespace: namespace ?? '', labels: podLabels ?? new Map() } : undefined,
    };
  },
);

/** What a file may say for all of its cases. */
const common = {
  mode: {
    shape: choice(['monitor', 'protect']),
    doc: 'Sections that are in monitor or protect are taken to be in this mode.',
  },
  workload: { shape: workloadShape, doc: 'Who acts; the policies that select it decide.' },
  policies: { shape: list(short, LIMITS.entries), doc: 'Names of the policies that decide.' },
} as const;

type Common = Pick<PolicyCase, 'mode' | 'workload' | 'policies'>;

const caseShape: Shape<(common: Common) => PolicyCase> = mapped(
  object(
    {
      name: { shape: short, doc: 'What the case shows.' },
      actions: { shape: list(actionShape, MAX_CASES), doc: 'Actions, as `policy explain` reads them.' },
      expect: { shape: choice(OUTCOMES), doc: 'What holds for each of them.' },
      by: { shape: located, doc: 'The line that decides, such as `file deny /etc/x`, or `nothing`.' },
      ...common,
    },
    { required: ['name', 'actions', 'expect'] },
  ),
  ({ value, span }, at) => {
    if (value.actions.length === 0)
      return at.report(
        'POLICY_VALUE',
        '`actions` is empty',
        'add an action, such as `read /etc/passwd`',
        span,
      );
    return (all) => ({
      ...{ name: value.name, actions: value.actions, expect: value.expect, span: plainSpan(span) },
      ...{ by: value.by?.text, bySpan: value.by && plainSpan(value.by.span) },
      mode: value.mode ?? all.mode,
      workload: value.workload ?? all.workload,
      policies: value.policies ?? all.policies,
    });
  },
);

/** Of a case with an unknown key nothing is used either: it may be `by`, misspelt. */
const soundCase: typeof caseShape = {
  ...caseShape,
  read: (node, at) => {
    const before = at.reporter.errors;
    const read = caseShape.read(node, at);
    return at.reporter.errors > before ? undefined : read;
  },
};
const cases = list(soundCase, MAX_CASES);
const NOTHING: Common = { mode: undefined, workload: undefined, policies: undefined };

/** A list of cases, or a mapping with what holds for all of them and `cases`. */
export const caseFileShape: Shape<readonly PolicyCase[]> = {
  read: (node, at) => {
    if (node.kind === 'list') return cases.read(node, at.key('cases'))?.map((make) => make(NOTHING));
    const written = object(
      { ...common, cases: { shape: cases, doc: 'The cases.' } },
      { required: ['cases'] },
    ).read(node, at);
    if (written === undefined) return undefined;
    const { mode, workload, policies } = written.value;
    return written.value.cases.map((make) => make({ mode, workload, policies }));
  },
  schema: (target) => cases.schema(target),
};
