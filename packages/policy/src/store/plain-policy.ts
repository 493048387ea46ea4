import { type RuntimePolicy, SECTIONS, type SectionName, type Selector } from '../model/policy.js';
import { type Check, count, flag, isObject, list, map, oneOf, type Shape, shape, text } from './checks.js';
import { isPlainTrust } from './plain-trust.js';

type PlainMap = Readonly<Record<string, string>>;

/** A RuntimePolicy as JSON has it: maps are objects; everything else is as it is. */
export interface PlainPolicy extends Omit<RuntimePolicy, 'labels' | 'selector'> {
  readonly labels: PlainMap;
  readonly selector: Omit<Selector, 'podLabels' | 'containerLabels'> & {
    readonly podLabels: PlainMap;
    readonly containerLabels: PlainMap;
  };
}

export function plainPolicy(policy: RuntimePolicy): PlainPolicy {
  const { selector } = policy;
  return {
    ...policy,
    labels: Object.fromEntries(policy.labels),
    selector: {
      ...selector,
      podLabels: Object.fromEntries(selector.podLabels),
      containerLabels: Object.fromEntries(selector.containerLabels),
    },
  };
}

export function policyOfPlain(plain: PlainPolicy): RuntimePolicy {
  const { selector } = plain;
  return {
    ...plain,
    labels: new Map(Object.entries(plain.labels)),
    selector: {
      ...selector,
      podLabels: new Map(Object.entries(selector.podLabels)),
      containerLabels: new Map(Object.entries(selector.containerLabels)),
    },
  };
}

const span = shape({ file: text, line: count, column: count, endLine: count, endColumn: count });
const verdict = oneOf('allow', 'deny');
const pattern = shape({ kind: oneOf('path', 'directory', 'glob'), text });
const patterns = list(pattern);
const texts = list(text);
const line = { span, comment: text };
const base = {
  mode: oneOf('off', 'learn', 'monitor', 'protect'),
  default: verdict,
  response: oneOf('deny', 'kill'),
  onFailure: oneOf('open', 'closed'),
  onMissing: oneOf('refuse', 'alert'),
  span,
};
const withLines = (entry: Shape, rest: Shape = {}): Check =>
  shape({
    ...base,
    ...rest,
    allow: list(shape({ ...line, ...entry })),
    deny: list(shape({ ...line, ...entry })),
  });
const names = withLines({ name: text });
const optional =
  (check: Check): Check =>
  (value): value is never =>
    value === undefined || check(value);
const numbers: Check = (value) =>
  isObject(value) && Object.values(value).every((each) => typeof each === 'number' && each > 0);

const SECTION_SHAPES: Readonly<Record<SectionName, Check>> = {
  process: withLines(
    { pattern, except: patterns, sha256: texts, arguments: texts, ancestors: patterns },
    { drift: verdict, fileless: verdict },
  ),
  file: withLines({ pattern, except: patterns, operations: texts, ownerOnly: flag, from: patterns }),
  network: withLines(
    {
      operation: text,
      families: texts,
      protocols: texts,
      cidrs: texts,
      except: texts,
      peers: list(shape({ kind: oneOf('named', 'name', 'service', 'workload') })),
      ports: list(shape({ first: count, last: count })),
      from: patterns,
    },
    { ingress: verdict, egress: verdict, limits: optional(numbers) },
  ),
  capabilities: names,
  syscalls: names,
  kernelSurface: names,
  privilege: shape({ ...base, noNewPrivileges: flag, setuidExecution: verdict, readOnlyRoot: flag }),
};

const POLICY = shape({
  name: text,
  labels: map,
  owner: text,
  description: text,
  version: text,
  selector: shape({
    namespaces: texts,
    podLabels: map,
    containerLabels: map,
    images: texts,
    digests: texts,
    runtimes: texts,
    containerNames: texts,
  }),
  span,
});

/** Whether a value has the shape of {@link plainPolicy}'s result: every part that decides is there and sound. */
export const isPlainPolicy = (value: unknown): value is PlainPolicy =>
  POLICY(value) &&
  isObject(value) &&
  (value.trust === undefined || isPlainTrust(value.trust)) &&
  SECTIONS.every((section) => value[section] === undefined || SECTION_SHAPES[section](value[section]));
