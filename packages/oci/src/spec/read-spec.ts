import { OciError } from '../error.js';
import { parseExact } from './json.js';
import { CAPABILITY_SETS, type OciProcess, type OciSpec } from './spec.js';

type Json = Readonly<Record<string, unknown>>;
/** Says what is wrong with the value at `path`, or returns. */
type Check = (value: unknown, path: string) => void;

const malformed = (path: string, expected: string): never => {
  throw new OciError('OCI_SPEC_MALFORMED', `\`${path}\` of the specification is not ${expected}`, {
    help: 'whoever wrote the bundle must write a config.json that the OCI runtime specification allows',
  });
};

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text: Check = (value, path) => void (typeof value === 'string' || malformed(path, 'a text'));
const flag: Check = (value, path) => void (typeof value === 'boolean' || malformed(path, 'true or false'));
const natural: Check = (value, path) =>
  void ((Number.isSafeInteger(value) && Number(value) >= 0) || malformed(path, 'a whole number'));
const map: Check = (value, path) => {
  if (!isObject(value)) return malformed(path, 'an object');
  for (const [key, entry] of Object.entries(value)) text(entry, `${path}.${key}`);
};
const list =
  (item: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return malformed(path, 'a list');
    for (const [index, entry] of value.entries()) item(entry, `${path}[${index}]`);
  };
const texts = list(text);

/**
 * An object whose named fields, where present, have their form. The runtimes (Go) match names whatever their case
 * and ours does not: `Process` beside `process` would be seen by one side only, so it is refused.
 */
const object = (fields: Readonly<Record<string, Check>>, required: readonly string[] = []): Check => {
  const exact = new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name]));
  return (value, path) => {
    if (!isObject(value)) return malformed(path, 'an object');
    for (const [key, entry] of Object.entries(value)) {
      const name = exact.get(key.toLowerCase());
      if (name === undefined) continue;
      const at = path === '' ? key : `${path}.${key}`;
      if (name !== key) {
        throw new OciError(
          'OCI_SPEC_AMBIGUOUS',
          `\`${at}\` of the specification is \`${name}\` in other case`,
          {
            help: 'runtimes would read it as the same field; write each field once, as the specification does',
          },
        );
      }
      if (entry === null) continue;
      fields[name]?.(entry, at);
    }
    for (const name of required)
      if (value[name] === undefined || value[name] === null) malformed(`${path}.${name}`, 'there');
  };
};

const seccomp = object(
  {
    defaultAction: text,
    defaultErrnoRet: natural,
    architectures: texts,
    syscalls: list(
      object(
        {
          names: texts,
          action: text,
          errnoRet: natural,
          args: list(
            object({ index: natural, value: () => {}, valueTwo: () => {}, op: text }, ['index', 'op']),
          ),
        },
        ['names', 'action'],
      ),
    ),
  },
  ['defaultAction'],
);

const PROCESS = object({
  capabilities: object(Object.fromEntries(CAPABILITY_SETS.map((set) => [set, texts]))),
  noNewPrivileges: flag,
  apparmorProfile: text,
  selinuxLabel: text,
});

const hook = object({ path: text, args: texts, env: texts }, ['path']);

const SPEC = object({
  root: object({ path: text, readonly: flag }),
  process: PROCESS,
  mounts: list(object({ destination: text, source: text }, ['destination'])),
  hooks: object({ createRuntime: list(hook) }),
  annotations: map,
  linux: object({
    seccomp,
    maskedPaths: texts,
    readonlyPaths: texts,
    cgroupsPath: text,
    resources: object({ devices: list(object({ allow: flag, type: text, access: text }, ['allow'])) }),
  }),
});

/** Fields that are null read as absent, as Go reads them. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  // A number kept as text is a frozen object without a prototype and has nothing below it.
  if (!isObject(value) || Object.isFrozen(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => (entry === null ? [] : [[key, withoutNulls(entry)]])),
  );
}

function parse(content: string, check: Check): unknown {
  let value: unknown;
  try {
    value = parseExact(content);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new OciError('OCI_SPEC_MALFORMED', `the specification is not JSON: ${reason}`, { cause });
  }
  check(value, '');
  return withoutNulls(value);
}

/**
 * A specification from the text of `config.json`, in which every part that policies read or change has its form.
 *
 * @throws OciError `OCI_SPEC_MALFORMED`, `OCI_SPEC_AMBIGUOUS`
 */
export function readOciSpec(content: string): OciSpec {
  // Checked on the line above its use: SPEC has looked at every field that OciSpec declares.
  return parse(content, SPEC) as OciSpec;
}

/**
 * A process on its own, as `exec --process FILE` brings it.
 *
 * @throws OciError `OCI_SPEC_MALFORMED`, `OCI_SPEC_AMBIGUOUS`
 */
export function readOciProcess(content: string): OciProcess {
  // As above, by PROCESS.
  return parse(content, PROCESS) as OciProcess;
}
