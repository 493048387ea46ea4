import {
  API_VERSION,
  choice,
  EVERYTHING,
  either,
  type Located,
  list,
  mapped,
  nameShape,
  object,
  parsed,
  type Shape,
  selectorShape,
  text,
  textPattern,
} from '@runward/policy/shape';
import { actionOf } from '../actions/table.js';
import { RespondError } from '../error.js';
import { ACTIONS, type ActionName, orderOf } from '../record/order.js';
import {
  DAYS,
  type Hours,
  PLAYBOOK_DEFAULTS,
  type PlannedOrder,
  type Playbook,
  PRIORITIES,
  SCOPES,
  SOURCES,
} from './model.js';

export const KIND = 'ResponsePlaybook';

const MOST_ENTRIES = 256;
const MOST_ACTIONS = 16;
const MOST_COUNT = 10_000;
const MOST_HOURLY = 1_000;
const DAY_MS = 24 * 3_600_000;
const WEEK_MS = 7 * DAY_MS;

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const duration = (mostMs: number, leastMs = 1): Shape<number> =>
  parsed(
    'a time such as `30s`, `10m`, `2h`',
    `write a number and s, m, h or d; at most ${mostMs / DAY_MS} days`,
    (written) => {
      const [, amount = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(written) ?? [];
      const ms = Number(amount) * (UNITS_MS[unit] ?? Number.NaN);
      return ms >= leastMs && ms <= mostMs ? ms : undefined;
    },
    { type: 'string', pattern: '^[0-9]{1,6}[smhd]$' },
  );

const whole = (least: number, most: number): Shape<number> =>
  parsed(
    `a whole number from ${least} to ${most}`,
    'write it without quotes',
    (written, plain) => {
      const value = /^\d{1,9}$/.test(written) && plain ? Number(written) : Number.NaN;
      return value >= least && value <= most ? value : undefined;
    },
    { type: 'integer', minimum: least, maximum: most },
  );

const clock: Shape<number> = parsed(
  'a time of the day such as `"08:00"`',
  'write hours and minutes in quotes',
  (written) => {
    const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(written) ?? [];
    return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
  },
  { type: 'string', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' },
);

const textsOf = (written: readonly Located[] | undefined): readonly string[] =>
  (written ?? []).map((each) => each.text);

/** What an action may be told, beside its name. `kill-process` takes the process of the detection. */
function optionsOf(name: ActionName): Shape<object> {
  const { terms, least = [] } = actionOf(name);
  const written = Object.entries(terms).filter(([, term]) => term.in === 'everywhere');
  const fields = Object.fromEntries(written.map(([, { word, shape, doc }]) => [word, { shape, doc }]));
  return mapped(object(fields, { least }), ({ value }) => {
    const given: Readonly<Record<string, unknown>> = value;
    return Object.fromEntries(written.map(([key, { word }]) => [key, given[word]]));
  });
}

const planned = (
  action: ActionName,
  options: object,
  report: (message: string) => undefined,
): PlannedOrder | undefined => {
  if (action === 'kill-process') return { action };
  try {
    const order = orderOf({ action, ...options });
    return order.action === 'kill-process' ? { action: order.action } : order;
  } catch (error) {
    if (error instanceof RespondError) return report(error.message);
    throw error;
  }
};

/** By name alone, or by name with options: `- isolate: {for: 1h}`. */
const actionShape: Shape<PlannedOrder> = either(
  mapped(choice(ACTIONS), (action, at, node) =>
    planned(action, {}, (message) =>
      at.report('POLICY_VALUE', message, `write \`${action}:\` with options`, node.span),
    ),
  ),
  mapped(
    object(
      Object.fromEntries(
        ACTIONS.map((name) => [name, { shape: optionsOf(name), doc: `Options of ${name}.` }]),
      ) as {
        readonly [A in ActionName]: { readonly shape: Shape<object>; readonly doc: string };
      }, // one entry for each action
      { one: ACTIONS },
    ),
    ({ value, span }, at) => {
      const action = ACTIONS.find((name) => value[name] !== undefined);
      if (action === undefined) return undefined;
      return planned(action, value[action] ?? {}, (message) => at.report('POLICY_VALUE', message, '', span));
    },
  ),
);

const patterns = (what: string): Shape<readonly string[]> => list(textPattern(what), MOST_ENTRIES);

const countShape = mapped(
  object(
    {
      atLeast: { shape: whole(2, MOST_COUNT), doc: 'So many detections.' },
      within: { shape: duration(WEEK_MS), doc: 'Within this time.' },
      per: { shape: choice(SCOPES), doc: 'Counted apart for each. Default container.' },
    },
    { required: ['atLeast', 'within'] },
  ),
  ({ value }) => ({
    atLeast: value.atLeast,
    withinMs: value.within,
    per: value.per ?? ('container' as const),
  }),
);

const matchShape = mapped(
  object(
    {
      rules: { shape: patterns('the name of a rule'), doc: 'Patterns (*, ?) over names of rules.' },
      tags: { shape: list(text({ what: 'a tag', maxLength: 256 }), MOST_ENTRIES), doc: 'Any of these tags.' },
      minPriority: { shape: choice(PRIORITIES), doc: 'At least so urgent.' },
      sources: {
        shape: list(choice(SOURCES), SOURCES.length),
        doc: 'Where the detection comes from: rules over system calls, verdicts of policies, flows.',
      },
      selector: { shape: selectorShape, doc: 'Which containers; as in policies.' },
      count: { shape: countShape, doc: 'Only when there are several.' },
    },
    { least: ['rules', 'tags', 'minPriority', 'sources'] },
  ),
  ({ value }) => ({
    rules: value.rules ?? [],
    tags: textsOf(value.tags),
    minPriority: value.minPriority,
    sources: value.sources ?? [],
    selector: value.selector ?? EVERYTHING,
    count: value.count,
  }),
);

const neverShape = mapped(selectorShape, (selector, at, node) => {
  if (node.kind === 'map' && node.entries.size > 0) return selector;
  return at.report(
    'POLICY_VALUE',
    'this would fit every container',
    'name a namespace, a label, an image…',
    node.span,
  );
});

const hoursShape = mapped(
  object(
    {
      days: { shape: list(choice(DAYS), DAYS.length), doc: 'Default: every day.' },
      from: { shape: clock, doc: 'Begin, in quotes.' },
      to: { shape: clock, doc: 'End; before the begin it is that of the next day.' },
      zone: { shape: choice(['utc', 'local']), doc: 'Of the node. Default utc.' },
    },
    { required: ['from', 'to'] },
  ),
  ({ value }): Hours => ({
    ...{ days: value.days ?? DAYS, fromMinute: value.from, toMinute: value.to, zone: value.zone ?? 'utc' },
  }),
);

const guardsShape = mapped(
  object({
    never: {
      shape: list(neverShape, MOST_ENTRIES),
      doc: 'Containers that are never touched: any of these selectors.',
    },
    minHealthyReplicas: {
      shape: whole(1, 10_000),
      doc: 'So many other containers of the workload have to run on this node, untouched.',
    },
    maxContainersPerHour: { shape: whole(1, MOST_HOURLY), doc: 'Default 10.' },
    hours: { shape: hoursShape, doc: 'Only then.' },
    approval: {
      shape: mapped(
        object(
          { within: { shape: duration(WEEK_MS), doc: 'Later it is taken as a no.' } },
          { required: ['within'] },
        ),
        ({ value }) => value.within,
      ),
      doc: 'Somebody has to say yes: `runward respond approve`.',
    },
  }),
  ({ value }) => ({
    never: value.never ?? [],
    minHealthyReplicas: value.minHealthyReplicas,
    maxContainersPerHour: value.maxContainersPerHour ?? PLAYBOOK_DEFAULTS.maxContainersPerHour,
    hours: value.hours,
    approvalMs: value.approval,
  }),
);

const breakerShape = mapped(
  object({
    workloads: { shape: whole(2, 10_000), doc: 'Default 5.' },
    within: { shape: duration(WEEK_MS), doc: 'Default 1m.' },
    rest: { shape: duration(WEEK_MS), doc: 'How long it then stays out. Default 1h.' },
  }),
  ({ value }) => ({
    workloads: value.workloads ?? PLAYBOOK_DEFAULTS.breaker.workloads,
    withinMs: value.within ?? PLAYBOOK_DEFAULTS.breaker.withinMs,
    restMs: value.rest ?? PLAYBOOK_DEFAULTS.breaker.restMs,
  }),
);

const actionsShape = mapped(list(actionShape, MOST_ACTIONS), (actions, at, node) =>
  actions.length > 0 || node.kind !== 'list' || node.items.length > 0
    ? actions
    : at.report('POLICY_VALUE', 'there is no action', `use some of ${ACTIONS.join(', ')}`, node.span),
);

const specShape = object(
  {
    description: {
      shape: text({ what: 'text', maxLength: 16_384, mayBeEmpty: true }),
      doc: 'What it is for.',
    },
    owner: { shape: text({ what: 'text', maxLength: 1024 }), doc: 'Who answers for it.' },
    mode: {
      shape: choice(['dry-run', 'act']),
      doc: 'dry-run says what it would do. Default dry-run.',
    },
    match: { shape: matchShape, doc: 'Which detections.' },
    guards: { shape: guardsShape, doc: 'When it holds back.' },
    cooldown: {
      shape: duration(WEEK_MS, 0),
      doc: 'How long it leaves a container alone afterwards; `0s`: not at all. Default 5m.',
    },
    breaker: {
      shape: breakerShape,
      doc: 'When a rule that fits too many workloads is not responded to any more.',
    },
    actions: { shape: actionsShape, doc: 'What is done, in this order.' },
  },
  { required: ['match', 'actions'] },
);

export const playbookShape: Shape<Playbook> = mapped(
  object(
    {
      apiVersion: { shape: choice([API_VERSION]), doc: 'The version of this format.' },
      kind: { shape: choice([KIND]), doc: 'What the document is.' },
      metadata: {
        shape: object(
          { name: { shape: nameShape, doc: 'Responses are recorded with it.' } },
          { required: ['name'] },
        ),
        doc: 'The name.',
      },
      spec: { shape: specShape, doc: 'What it does, and when.' },
    },
    { required: ['apiVersion', 'kind', 'metadata', 'spec'] },
  ),
  ({ value, span }): Playbook => {
    const spec = value.spec.value;
    return {
      name: value.metadata.value.name.text,
      description: spec.description?.text ?? '',
      owner: spec.owner?.text ?? '',
      mode: spec.mode ?? 'dry-run',
      match: spec.match,
      guards: spec.guards ?? { ...NO_GUARDS },
      cooldownMs: spec.cooldown ?? PLAYBOOK_DEFAULTS.cooldownMs,
      breaker: spec.breaker ?? PLAYBOOK_DEFAULTS.breaker,
      actions: spec.actions,
      span: { file: span.file, line: span.line },
    };
  },
);

const NO_GUARDS = {
  ...{ never: [], minHealthyReplicas: undefined, hours: undefined, approvalMs: undefined },
  maxContainersPerHour: PLAYBOOK_DEFAULTS.maxContainersPerHour,
};
