/**
 * Which containers are one workload, as written on a command line: their replicas are learnt together.
 *
 *   web                        containers of that name, or (12 or more hex digits) of that id
 *   payments/api*              Kubernetes: namespace, and name of the container or of its pod
 *   image=docker.io/library/nginx:*,label.tier=front
 *                              parts that must all hold: name, id, pod, namespace, image, digest, runtime, label.NAME
 *
 * Values are patterns: `*` any text, `?` one character.
 */
export interface WorkloadKey {
  /** In its one form: what profiles are called by. */
  readonly text: string;
  readonly matches: (container: KeySubject) => boolean;
}

/** What of a container is looked at; a `ContainerInfo` of the event model has all of it. */
export interface KeySubject {
  readonly id: string;
  readonly name: string;
  readonly runtime: string;
  readonly image: string;
  readonly imageRepository: string;
  readonly imageDigest: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly pod: { readonly name: string; readonly namespace: string } | undefined;
}

export type ParsedKey =
  | { readonly kind: 'key'; readonly key: WorkloadKey }
  | { readonly kind: 'problem'; readonly message: string; readonly help: string };

type Test = (container: KeySubject) => boolean;

const MAX_LENGTH = 512;
const ID = /^[0-9a-f]{12,64}$/;
const LABEL = 'label.';

const FIELDS: Readonly<Record<string, (container: KeySubject) => readonly string[]>> = {
  name: (c) => [c.name],
  id: (c) => [c.id],
  pod: (c) => (c.pod === undefined ? [] : [c.pod.name]),
  namespace: (c) => (c.pod === undefined ? [] : [c.pod.namespace]),
  image: (c) => [c.image, c.imageRepository],
  digest: (c) => [c.imageDigest],
  runtime: (c) => [c.runtime],
};

const problem = (message: string, help: string): ParsedKey => ({ kind: 'problem', message, help });

/** Reads a workload as written; never throws. */
export function parseWorkloadKey(written: string): ParsedKey {
  const text = written.trim();
  if (text === '') return problem('the workload is empty', 'name a container, `NAMESPACE/NAME` or `image=…`');
  if (text.length > MAX_LENGTH || /[\p{Cc}\s]/u.test(text))
    return problem(
      `\`${text.slice(0, 40)}\` is no workload`,
      `up to ${MAX_LENGTH} characters without blanks`,
    );
  return text.includes('=') ? parseParts(text) : parseName(text);
}

function parseName(text: string): ParsedKey {
  const slash = text.indexOf('/');
  if (slash < 0) {
    const byName = pattern(text);
    const isId = ID.test(text);
    return {
      kind: 'key',
      key: { text, matches: (c) => byName(c.name) || (isId && c.id.startsWith(text)) },
    };
  }
  const [namespace, name] = [text.slice(0, slash), text.slice(slash + 1)];
  if (namespace === '' || name === '' || name.includes('/'))
    return problem(`\`${text}\` is neither NAME nor NAMESPACE/NAME`, `an image is written \`image=${text}\``);
  const [inNamespace, called] = [pattern(namespace), pattern(name)];
  return {
    kind: 'key',
    key: {
      text,
      matches: ({ pod, name: own }) =>
        pod !== undefined && inNamespace(pod.namespace) && (called(own) || called(pod.name)),
    },
  };
}

function parseParts(text: string): ParsedKey {
  const tests: Test[] = [];
  const parts = text.split(',').toSorted();
  for (const part of parts) {
    const at = part.indexOf('=');
    const [field, value] = [part.slice(0, Math.max(at, 0)), part.slice(at + 1)];
    if (at <= 0 || value === '')
      return problem(
        `\`${part}\` is no \`FIELD=PATTERN\``,
        'parts are separated by commas: `image=…,name=…`',
      );
    const fits = pattern(value);
    if (field.startsWith(LABEL) && field.length > LABEL.length) {
      const label = field.slice(LABEL.length);
      tests.push((c) => fits(c.labels.get(label) ?? '') && c.labels.has(label));
      continue;
    }
    const read = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
    if (read === undefined)
      return problem(`\`${field}\` is nothing a workload is known by`, `use ${knownFields()}`);
    tests.push((c) => read(c).some((have) => have !== '' && fits(have)));
  }
  return {
    kind: 'key',
    key: { text: parts.join(','), matches: (container) => tests.every((test) => test(container)) },
  };
}

const knownFields = (): string => [...Object.keys(FIELDS), 'label.NAME'].map((f) => `\`${f}\``).join(', ');

/** `*` and `?`; matched in linear time, since anybody may name a container. */
export function pattern(glob: string): (text: string) => boolean {
  if (!/[*?]/.test(glob)) return (text) => text === glob;
  return (text) => {
    let [g, t, star, from] = [0, 0, -1, 0];
    while (t < text.length) {
      if (g < glob.length && glob[g] === '*') [star, from, g] = [g, t, g + 1];
      else if (g < glob.length && (glob[g] === '?' || glob[g] === text[t])) [g, t] = [g + 1, t + 1];
      else if (star >= 0) {
        from += 1;
        [g, t] = [star + 1, from];
      } else return false;
    }
    while (glob[g] === '*') g += 1;
    return g === glob.length;
  };
}

/** A file name for the profile of a workload: readable, unique per workload, without a path in it. */
export function profileFileName(workload: string): string {
  const readable = workload.replace(/[^A-Za-z0-9.-]+/g, '_').slice(0, 80);
  const isPlain = readable === workload && !readable.startsWith('.');
  return `${isPlain ? readable : `${readable.replace(/^\.+/, '')}-${fnv1a(workload)}`}.json`;
}

/** FNV-1a, 64 bits, as 16 hex digits. */
function fnv1a(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}
