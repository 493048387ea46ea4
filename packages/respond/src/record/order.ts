import { RespondError } from '../error.js';

export const ACTIONS = [
  'kill-process',
  'kill-container',
  'stop',
  'pause',
  'unpause',
  'isolate',
  'release',
  'quarantine',
  'throttle',
  'snapshot',
] as const;
export type ActionName = (typeof ACTIONS)[number];

/** What is to be done; plain, it travels as JSON. */
export type Order =
  | { readonly action: 'kill-process'; readonly pid: number; readonly seenAtMs?: number }
  | { readonly action: 'kill-container' }
  | { readonly action: 'stop'; readonly graceMs: number }
  | { readonly action: 'pause' }
  | { readonly action: 'unpause' }
  | { readonly action: 'isolate'; readonly allow: readonly string[]; readonly forMs?: number }
  | { readonly action: 'release' }
  | { readonly action: 'quarantine'; readonly by: 'pause' | 'isolate'; readonly allow: readonly string[] }
  | { readonly action: 'throttle'; readonly cpus?: number; readonly pids?: number }
  | { readonly action: 'snapshot'; readonly maxBytes: number };

export const DEFAULTS = { graceMs: 10_000, maxBytes: 1024 ** 3 } as const;
export const MOST = {
  graceMs: 300_000,
  cpus: 4096,
  pids: 4_194_304,
  maxBytes: 1024 ** 4,
  forMs: 100 * 365 * 24 * 3_600_000,
  pid: 4_194_304,
  allow: 1024,
} as const;

const OPTIONS: Readonly<Record<ActionName, readonly string[]>> = {
  'kill-process': ['pid', 'seenAtMs'],
  'kill-container': [],
  stop: ['graceMs'],
  pause: [],
  unpause: [],
  isolate: ['allow', 'forMs'],
  release: [],
  quarantine: ['by', 'allow'],
  throttle: ['cpus', 'pids'],
  snapshot: ['maxBytes'],
};

/**
 * An order as somebody sent it.
 *
 * @throws RespondError RESPOND_ORDER_INVALID
 */
export function orderOf(given: unknown): Order {
  if (typeof given !== 'object' || given === null) throw invalidOrder('the order is no object');
  const fields: Readonly<Record<string, unknown>> = { ...given };
  const action = ACTIONS.find((name) => name === fields.action);
  if (action === undefined)
    throw invalidOrder(`unknown action \`${String(fields.action)}\``, `use one of ${ACTIONS.join(', ')}`);
  const unknown = Object.keys(fields).find(
    (key) => key !== 'action' && fields[key] !== undefined && !OPTIONS[action].includes(key),
  );
  if (unknown !== undefined) throw invalidOrder(`\`${action}\` takes no \`${unknown}\``, takes(action));
  return READERS[action](fields);
}

const takes = (action: ActionName): string =>
  OPTIONS[action].length === 0 ? 'it takes nothing' : `it takes ${OPTIONS[action].join(', ')}`;

type Fields = Readonly<Record<string, unknown>>;

const READERS: Readonly<Record<ActionName, (fields: Fields) => Order>> = {
  'kill-process': (fields) => ({
    action: 'kill-process',
    pid: whole(fields, 'pid', 2, MOST.pid) ?? missing('pid', 'kill-process'),
    ...optional('seenAtMs', numberIn(fields, 'seenAtMs', 0, Number.MAX_SAFE_INTEGER)),
  }),
  'kill-container': () => ({ action: 'kill-container' }),
  stop: (fields) => ({
    action: 'stop',
    graceMs: numberIn(fields, 'graceMs', 0, MOST.graceMs) ?? DEFAULTS.graceMs,
  }),
  pause: () => ({ action: 'pause' }),
  unpause: () => ({ action: 'unpause' }),
  isolate: (fields) => ({
    action: 'isolate',
    allow: textsIn(fields, 'allow'),
    ...optional('forMs', numberIn(fields, 'forMs', 1, MOST.forMs)),
  }),
  release: () => ({ action: 'release' }),
  quarantine: (fields) => {
    const { by = 'pause' } = fields;
    if (by !== 'pause' && by !== 'isolate')
      throw invalidOrder(`\`${String(by)}\` is no way to quarantine`, 'use `pause` or `isolate`');
    return { action: 'quarantine', by, allow: textsIn(fields, 'allow') };
  },
  throttle: (fields) => {
    const cpus = numberIn(fields, 'cpus', 0.01, MOST.cpus);
    const pids = whole(fields, 'pids', 1, MOST.pids);
    if (cpus === undefined && pids === undefined)
      throw invalidOrder('`throttle` has no limit', 'give `cpus`, `pids` or both');
    return { action: 'throttle', ...optional('cpus', cpus), ...optional('pids', pids) };
  },
  snapshot: (fields) => ({
    action: 'snapshot',
    maxBytes: whole(fields, 'maxBytes', 10_240, MOST.maxBytes) ?? DEFAULTS.maxBytes,
  }),
};

const optional = <K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } =>
  // One key of that name, or none.
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: T };

function numberIn(fields: Fields, key: string, least: number, most: number): number | undefined {
  const value = fields[key];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw invalidOrder(`\`${key}\` is no number from ${least} to ${most}`);
}

function whole(fields: Fields, key: string, least: number, most: number): number | undefined {
  const value = numberIn(fields, key, least, most);
  if (value === undefined || Number.isInteger(value)) return value;
  throw invalidOrder(`\`${key}\` is no whole number`);
}

function textsIn(fields: Fields, key: string): readonly string[] {
  const { [key]: value = [] } = fields;
  if (Array.isArray(value) && value.length <= MOST.allow) {
    const texts = value.filter((each): each is string => typeof each === 'string');
    if (texts.length === value.length) return texts;
  }
  throw invalidOrder(`\`${key}\` is no list of at most ${MOST.allow} texts`);
}

function missing(key: string, action: ActionName): never {
  throw invalidOrder(`\`${action}\` needs \`${key}\``, takes(action));
}

export const invalidOrder = (message: string, help = ''): RespondError =>
  new RespondError('RESPOND_ORDER_INVALID', message, { help });
