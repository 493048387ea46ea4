import { type Incident, SEVERITIES, STATES } from './incident.js';

type Json = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const oneOf =
  (words: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const recordOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check);
const shape =
  (keys: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(keys).every(([key, check]) => check(value[key]));

const texts = (...keys: readonly string[]): Readonly<Record<string, Check>> =>
  Object.fromEntries(keys.map((key) => [key, isText]));
const numbers = (...keys: readonly string[]): Readonly<Record<string, Check>> =>
  Object.fromEntries(keys.map((key) => [key, isNumber]));

const entry = shape({
  ...texts('time', 'rule', 'priority', 'source', 'output', 'container', 'process', 'processName', 'exe'),
  ...texts('user', 'parentName', 'event'),
  ...numbers('timeMs', 'lastMs', 'count'),
  ...{ tactics: listOf(isText), techniques: listOf(isText), fields: recordOf(isText) },
});

const incident = shape({
  ...texts('id', 'title', 'hostname', 'assignee'),
  ...numbers('score', 'firstMs', 'lastMs', 'stateMs', 'count', 'absorbed'),
  ...{ state: oneOf(STATES), severity: oneOf(SEVERITIES) },
  ...{ workloads: listOf(isText), techniques: listOf(isText) },
  stages: listOf(shape({ ...texts('tactic'), ...numbers('firstMs', 'lastMs', 'count') })),
  rules: listOf(shape({ ...texts('rule', 'source', 'priority'), ...numbers('count', 'firstMs', 'lastMs') })),
  containers: listOf(
    shape({
      ...texts('id', 'name', 'runtime', 'image', 'imageDigest', 'pod', 'namespace', 'workload'),
      ...numbers('firstMs', 'lastMs', 'count'),
    }),
  ),
  exposed: listOf(
    shape({
      ...texts('container', 'problem'),
      ...numbers('atMs', 'leftOut'),
      ...{ environment: listOf(isText), files: listOf(isText), serviceAccounts: listOf(isText) },
    }),
  ),
  processes: listOf(
    shape({
      ...texts('key', 'parent', 'name', 'exe', 'command', 'user', 'container'),
      ...numbers('pid', 'vpid', 'uid'),
      rules: listOf(isText),
    }),
  ),
  timeline: shape({ first: listOf(entry), milestones: listOf(entry), last: listOf(entry) }),
  actions: listOf(shape(texts('section'))),
  notes: listOf(shape({ ...texts('who', 'text'), ...numbers('atMs') })),
  changes: listOf(shape({ ...texts('who', 'what', 'from', 'to', 'why'), ...numbers('atMs') })),
  leftOut: shape({
    timeline: recordOf(isNumber),
    ...numbers('rules', 'containers', 'processes', 'techniques', 'actions', 'notes', 'changes'),
  }),
});

export type IncidentReading = { readonly incident: Incident } | { readonly problem: string };

/** An incident as it was stored. Never throws. */
export function readIncident(text: string): IncidentReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'it is not JSON' };
  }
  if (!isObject(value)) return { problem: 'it is no JSON object' };
  if (value.format !== 1)
    return { problem: `its format is ${JSON.stringify(value.format)}; this version knows 1` };
  const whole = { exposed: [], ...value };
  return incident(whole) ? { incident: whole as unknown as Incident } : { problem: 'it is no incident' }; // checked
}
