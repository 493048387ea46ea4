import type { Observation } from './observation.js';

/** An exception that would silence a cluster of detections. */
export interface Suggestion {
  /** Name of the exception: one that the rule has, or a new one. */
  readonly exception: string;
  /** The rule has it already: only values are added. */
  readonly known: boolean;
  readonly fields: readonly string[];
  readonly comparisons: readonly string[];
  readonly values: readonly string[];
  /** Detections of the cluster. */
  readonly silences: number;
  /** Fields the exception leaves open although they differ: what else it could hide. */
  readonly open: readonly { readonly field: string; readonly seen: number; readonly example: string }[];
  readonly cautions: readonly string[];
}

/** An exception the rule's author provided for. */
export interface KnownException {
  readonly name: string;
  readonly fields: readonly string[];
}

export interface SuggestOptions {
  /** Fewer detections than this are not noise. */
  readonly min: number;
  /** Name all that is constant instead of using the exceptions the rule has. */
  readonly narrow: boolean;
  readonly exceptions: readonly KnownException[];
  /** Whether a field may be compared with a text. */
  readonly usable: (field: string) => boolean;
}

const IMAGE = 'container.image.repository';
/** Where it happens: what stays the same for all replicas of a workload. */
const SCOPE = [IMAGE, 'k8s.ns.name'] as const;
/** Who does it: the first that is known. */
const ACTOR = ['proc.exepath', 'proc.name'] as const;
/** What it is about. */
const OBJECT = [
  ...['fd.name', 'fs.path.name', 'fs.path.source', 'fs.path.target'],
  ...['fd.rip', 'fd.rport', 'fd.sip', 'fd.sport', 'evt.type', 'proc.pname', 'user.name'],
] as const;
const PATHS: ReadonlySet<string> = new Set(['fd.name', 'fs.path.name', 'fs.path.source', 'fs.path.target']);
/** Programs that do whatever they are told: their name alone says nothing. */
const INTERPRETER = /(?:^|\/)(?:sh|bash|dash|ash|zsh|ksh|busybox|python[\d.]*|perl|ruby|node|php|java|exe)$/;
const URGENT: ReadonlySet<string> = new Set(['emergency', 'alert', 'critical']);

/** Suggestions for the detections of one rule, those that silence most first. */
export function suggest(all: readonly Observation[], options: SuggestOptions): readonly Suggestion[] {
  const clusters = new Map<string, Observation[]>();
  for (const observation of all) {
    const actor = ACTOR.find((field) => observation.facts.has(field));
    const key = [...SCOPE, ...(actor === undefined ? [] : [actor])]
      .map((field) => `${field}=${observation.facts.get(field) ?? ''}`)
      .join('\0');
    const known = clusters.get(key);
    if (known === undefined) clusters.set(key, [observation]);
    else known.push(observation);
  }
  return [...clusters.values()]
    .filter((cluster) => weightOf(cluster) >= options.min)
    .map((cluster) => suggestFor(cluster, options))
    .filter((suggestion) => suggestion !== undefined)
    .sort((a, b) => b.silences - a.silences);
}

export const weightOf = (all: readonly Observation[]): number =>
  all.reduce((sum, { weight }) => sum + weight, 0);

function suggestFor(cluster: readonly Observation[], options: SuggestOptions): Suggestion | undefined {
  const constant = constantFacts(cluster, options.usable);
  const known = options.narrow
    ? undefined
    : options.exceptions.find(({ fields }) => fields.length > 1 && fields.every((f) => constant.has(f)));
  const checks =
    known === undefined ? narrowChecks(cluster, constant, options.usable) : known.fields.map(equals);
  if (checks.length === 0) return undefined;
  const fields = checks.map((check) => check.field);
  return {
    exception: known?.name ?? nameOf(checks),
    ...{ known: known !== undefined, fields, silences: weightOf(cluster) },
    comparisons: checks.map((check) => check.comparison),
    values: checks.map(({ field, value }) => value ?? constant.get(field) ?? ''),
    open: openFields(cluster, new Set(fields), options.usable),
    cautions: cautionsOf(cluster, checks, constant),
  };
}

interface Check {
  readonly field: string;
  readonly comparison: '=' | 'startswith';
  /** Undefined: the constant value of the field. */
  readonly value?: string;
}

const equals = (field: string): Check => ({ field, comparison: '=' });

function narrowChecks(
  cluster: readonly Observation[],
  constant: ReadonlyMap<string, string>,
  usable: (field: string) => boolean,
): readonly Check[] {
  const scope = SCOPE.filter((field) => constant.has(field));
  const actor = ACTOR.find((field) => constant.has(field));
  const objects: Check[] = OBJECT.filter((field) => constant.has(field)).map(equals);
  if (!objects.some((check) => PATHS.has(check.field))) objects.push(...folderChecks(cluster, usable));
  const told = INTERPRETER.test(constant.get(actor ?? '') ?? '') && constant.has('proc.cmdline');
  return [
    ...scope.map(equals),
    ...(actor === undefined ? [] : [equals(actor)]),
    ...objects,
    ...(told ? [equals('proc.cmdline')] : []),
  ];
}

/** The folder that all paths of the cluster share, when it is deep enough to say something. */
function folderChecks(cluster: readonly Observation[], usable: (field: string) => boolean): readonly Check[] {
  for (const field of PATHS) {
    const paths = cluster.map(({ facts }) => facts.get(field));
    if (!usable(field) || !paths.every((path) => path?.startsWith('/') === true)) continue;
    const value = paths.reduce<string>((shared, path = '') => sharedFolder(shared, path), paths[0] ?? '');
    if (value.split('/').length >= 4) return [{ field, comparison: 'startswith', value }];
  }
  return [];
}

function sharedFolder(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return a.slice(0, a.lastIndexOf('/', length - 1) + 1);
}

/** Facts that are the same in all detections of a cluster, and can be written in an exception. */
function constantFacts(
  [first, ...others]: readonly Observation[],
  usable: (field: string) => boolean,
): ReadonlyMap<string, string> {
  const same = [...(first?.facts ?? [])].filter(
    ([field, value]) =>
      usable(field) && value !== '' && others.every(({ facts }) => facts.get(field) === value),
  );
  return new Map(same);
}

const OPEN_SHOWN = 6;

function openFields(
  cluster: readonly Observation[],
  named: ReadonlySet<string>,
  usable: (field: string) => boolean,
): Suggestion['open'] {
  const values = new Map<string, Set<string>>();
  for (const { facts } of cluster)
    for (const [field, value] of facts) {
      if (named.has(field) || !usable(field)) continue;
      const seen = values.get(field) ?? new Set();
      values.set(field, seen.add(value));
    }
  return [...values]
    .filter(([field]) => field !== 'container.id' && field !== 'container.name' && field !== 'k8s.pod.name')
    .map(([field, seen]) => ({ field, seen: seen.size, example: [...seen][0] ?? '' }))
    .sort((a, b) => b.seen - a.seen)
    .slice(0, OPEN_SHOWN);
}

function cautionsOf(
  cluster: readonly Observation[],
  checks: readonly Check[],
  constant: ReadonlyMap<string, string>,
): readonly string[] {
  const fields = new Set(checks.map((check) => check.field));
  const cautions: string[] = [];
  if (!SCOPE.some((field) => fields.has(field)))
    cautions.push('it holds for every container: no image or namespace is named');
  const actor = constant.get('proc.exepath') ?? constant.get('proc.name') ?? '';
  if (INTERPRETER.test(actor) && !fields.has('proc.cmdline'))
    cautions.push(`\`${actor}\` does whatever it is told: everything it is told would be hidden`);
  if (fields.has('proc.name') && !fields.has('proc.exepath'))
    cautions.push('`proc.name` can be chosen by the process itself');
  if (cluster.some(({ priority }) => URGENT.has(priority.toLowerCase())))
    cautions.push('the rule is urgent: make sure that each of these is understood');
  return cautions;
}

/** Suggestions about the same fields share an exception, so its name is made of them. */
const nameOf = (checks: readonly Check[]): string =>
  `observed_${checks.map(({ field, comparison }) => `${field.replace(/^container\.|\.repository$/g, '').replaceAll('.', '_')}${comparison === '=' ? '' : '_below'}`).join('_')}`;
