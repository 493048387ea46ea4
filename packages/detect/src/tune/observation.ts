/** A detection as tuning sees it, whoever wrote the line: rule, facts by field, how many it stands for. */
export interface Observation {
  readonly rule: string;
  readonly priority: string;
  readonly facts: ReadonlyMap<string, string>;
  /** 1, or what a summary line stands for beyond those that have a line of their own. */
  readonly weight: number;
}

export interface ReadLines {
  readonly observations: readonly Observation[];
  /** Lines that are no detection, by number from 1, with the reason. */
  readonly skipped: readonly { readonly line: number; readonly reason: string }[];
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads detections, one JSON object a line: those of `run --json` and `--format full`, and those of other
 * engines with the keys `rule` and `output_fields`. Never throws on what the lines hold.
 */
export function readObservations(text: string): ReadLines {
  const observations: Observation[] = [];
  const skipped: { line: number; reason: string }[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const read = readLine(line);
    if (typeof read === 'string') skipped.push({ line: i + 1, reason: read });
    else if (read !== undefined) observations.push(read);
  }
  return { observations, skipped };
}

/** The reason, when the line is no detection; undefined for the summary at the end of a run. */
function readLine(line: string): Observation | string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'it is not JSON';
  }
  if (!isObject(value)) return 'it is no JSON object';
  if ('summary' in value) return undefined;
  const { rule, priority, output_fields: fields, count, limited } = value;
  if (typeof rule !== 'string') return 'it has no `rule`';
  if (!isObject(fields)) return 'it has no `output_fields`';
  // The first of a group has a line of its own; of what the rate limit held back none has.
  const weight = typeof count !== 'number' ? 1 : limited === true ? count : count - 1;
  return {
    ...{ rule, priority: typeof priority === 'string' ? priority : '', weight: Math.max(0, weight) },
    facts: new Map([...fullFacts(value), ...scalars(fields)]),
  };
}

/** What only the full shape says, under the names of the fields that say the same. */
function fullFacts({ process, container, ancestors }: Json): readonly (readonly [string, string])[] {
  const parent: unknown = Array.isArray(ancestors) ? ancestors[0] : undefined;
  const image = isObject(container) && typeof container.image === 'string' ? container.image : '';
  return [
    ...pick(process, { name: 'proc.name', exe: 'proc.exepath', user: 'user.name' }),
    ...pick(parent, { name: 'proc.pname' }),
    ...pick(container, { name: 'container.name', namespace: 'k8s.ns.name', pod: 'k8s.pod.name' }),
    ...(image === '' ? [] : [['container.image.repository', repositoryOf(image)] as const]),
  ];
}

/** `registry:5000/a/b:1@sha256:…` without tag and digest. */
const repositoryOf = (image: string): string => image.replace(/@.*$/, '').replace(/:[^/]*$/, '');

function pick(
  from: unknown,
  names: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  if (!isObject(from)) return [];
  return Object.entries(names).flatMap(([key, field]) => {
    const value = from[key];
    return typeof value === 'string' && value !== '' ? [[field, value] as const] : [];
  });
}

/** `<NA>` is how other engines write that there is no value. */
const scalars = (fields: Json): readonly (readonly [string, string])[] =>
  Object.entries(fields).flatMap(([field, value]) =>
    (typeof value === 'string' && value !== '<NA>') || typeof value === 'number' || typeof value === 'boolean'
      ? [[field, String(value)] as const]
      : [],
  );
