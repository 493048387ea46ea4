import type { OciSeccomp, OciSyscallArgument, OciSyscallRule } from '../spec/spec.js';
import { mayHappen, strictness } from './actions.js';
import { ENOSYS, EPERM, type SyscallConstraint, type SyscallDemand } from './demand.js';

/** What happens to a call: an action, its error number, under which arguments. */
interface Outcome {
  readonly action: string;
  readonly errno?: number | undefined;
  readonly args: readonly OciSyscallArgument[];
}

export interface Restricted {
  readonly seccomp: OciSeccomp;
  /** Names that had to be denied wholly, since the given filter's conditions cannot be combined with the demand. */
  readonly deniedWholly: readonly string[];
}

/**
 * The given filter made stricter: a call is let through only where the given filter lets it and the demand does.
 * Where both deny, the stricter of the two denials holds. Without a given filter everything was let through.
 */
export function restrictSeccomp(
  filter: OciSeccomp | undefined,
  demand: SyscallDemand,
  architectures: readonly string[],
): Restricted {
  const base: OciSeccomp = filter ?? { defaultAction: 'SCMP_ACT_ALLOW', architectures: [...architectures] };
  const fallback = outcome(base.defaultAction, base.defaultErrnoRet);
  const newFallback =
    demand.otherwise.kind === 'deny' ? stricter(fallback, outcome(demand.otherwise.action, demand.otherwise.errno)) : fallback; // biome-ignore format: one thought
  const rules = rulesByName(base.syscalls ?? []);
  const denied: string[] = [];
  const result = new Map<string, readonly Outcome[]>();
  for (const name of new Set([...rules.keys(), ...demand.named.keys()])) {
    const constraint = demand.named.get(name) ?? demand.otherwise;
    const given = rules.get(name) ?? [];
    const merged = combine(given, fallback, newFallback, constraint);
    if (merged === undefined) denied.push(name);
    const outcomes = merged ?? [
      unconditional(given.reduce(stricter, stricter(outcome('SCMP_ACT_ERRNO', EPERM), newFallback))),
    ];
    result.set(
      name,
      outcomes.filter((each) => !isSame(each, newFallback)),
    );
  }
  const { defaultErrnoRet: _, ...rest } = base;
  return {
    seccomp: {
      ...rest,
      defaultAction: newFallback.action,
      ...(newFallback.errno === undefined ? {} : { defaultErrnoRet: newFallback.errno }),
      syscalls: gather(result),
    },
    deniedWholly: denied,
  };
}

const outcome = (action: string, errno: number | undefined, args: readonly OciSyscallArgument[] = []): Outcome => ({
  action,
  errno,
  args,
}); // biome-ignore format: a record

const stricter = (a: Outcome, b: Outcome): Outcome => (strictness(b.action) > strictness(a.action) ? b : a);
const isSame = (a: Outcome, b: Outcome): boolean =>
  a.action === b.action &&
  (a.errno ?? EPERM) === (b.errno ?? EPERM) &&
  a.args.length === 0 &&
  b.args.length === 0;

/**
 * The rules of each call. One without conditions stands for all: libseccomp drops the longer chains it covers. Of
 * several such rules the strictest is taken.
 */
function rulesByName(rules: readonly OciSyscallRule[]): Map<string, readonly Outcome[]> {
  const byName = new Map<string, Outcome[]>();
  for (const rule of rules)
    for (const name of rule.names) {
      const all = byName.get(name) ?? [];
      all.push(outcome(rule.action, rule.errnoRet, rule.args ?? []));
      byName.set(name, all);
    }
  return new Map([...byName].map(([name, all]) => [name, essential(all)]));
}

function essential(all: readonly Outcome[]): readonly Outcome[] {
  const [first, ...more] = all.filter((each) => each.args.length === 0);
  return first === undefined ? all : [more.reduce(stricter, first)];
}

/** The rules of one call, or undefined when they cannot be said in the language of filters. */
function combine(
  given: readonly Outcome[],
  fallback: Outcome,
  newFallback: Outcome,
  constraint: SyscallConstraint,
): readonly Outcome[] | undefined {
  switch (constraint.kind) {
    case 'deny':
      return [given.reduce(stricter, denial(given, fallback, constraint))].map(unconditional);
    case 'allow':
      return allowed(given, fallback, newFallback);
    case 'without-flags':
      return withoutFlags(given, fallback, newFallback, constraint);
  }
}

const unconditional = ({ action, errno }: Outcome): Outcome => outcome(action, errno);

/** What denies the call: as the given filter does where it does, so that programs meet the error they know. */
function denial(
  given: readonly Outcome[],
  fallback: Outcome,
  constraint: SyscallConstraint & { readonly kind: 'deny' },
): Outcome {
  const plain = given.find((each) => each.args.length === 0) ?? fallback;
  return stricter(plain, outcome(constraint.action, constraint.errno));
}

/** The demand lets the call through; what the given filter says of it must survive a stricter default. */
function allowed(
  given: readonly Outcome[],
  fallback: Outcome,
  newFallback: Outcome,
): readonly Outcome[] | undefined {
  const isDefaultKept = isSame(fallback, newFallback);
  if (isDefaultKept || given.some((each) => each.args.length === 0)) return given;
  if (given.length === 0) return [fallback];
  // Conditional rules over a default that is no longer there: those that deny would have to be turned round.
  const opposite = given.length === 1 && given[0] !== undefined ? negated(given[0]) : undefined;
  return opposite === undefined
    ? undefined
    : [outcome(fallback.action, fallback.errno, [opposite]), ...given];
}

const OPPOSITE: Readonly<Record<string, string>> = {
  SCMP_CMP_EQ: 'SCMP_CMP_NE',
  SCMP_CMP_NE: 'SCMP_CMP_EQ',
  SCMP_CMP_LT: 'SCMP_CMP_GE',
  SCMP_CMP_GE: 'SCMP_CMP_LT',
  SCMP_CMP_LE: 'SCMP_CMP_GT',
  SCMP_CMP_GT: 'SCMP_CMP_LE',
};

function negated({ args }: Outcome): OciSyscallArgument | undefined {
  const [only, ...more] = args;
  const op = only === undefined ? undefined : OPPOSITE[only.op];
  return only === undefined || op === undefined || more.length > 0 ? undefined : { ...only, op };
}

type WithoutFlags = SyscallConstraint & { readonly kind: 'without-flags' };

function withoutFlags(
  given: readonly Outcome[],
  fallback: Outcome,
  newFallback: Outcome,
  constraint: WithoutFlags,
): readonly Outcome[] | undefined {
  const plain = given.find((each) => each.args.length === 0);
  if (plain !== undefined) {
    if (!mayHappen(plain.action)) return given;
    const without = { ...plain, args: [noneOf(constraint)] };
    if (!mayHappen(newFallback.action)) return [without];
    // What the default lets through as well needs no rule of its own.
    const isRule = strictness(plain.action) > strictness(newFallback.action);
    return isRule ? [without, ...bitDenials(constraint)] : bitDenials(constraint);
  }
  const isOpen = mayHappen(newFallback.action);
  if (mayHappen(fallback.action) && !isOpen) {
    return given.length > 0 ? undefined : [outcome(fallback.action, fallback.errno, [noneOf(constraint)])];
  }
  // What a default that lets calls through says as well needs no rule of its own.
  const kept = isOpen
    ? given.filter((each) => strictness(each.action) > strictness(newFallback.action))
    : given;
  const narrow = kept.map((each) => (mayHappen(each.action) ? narrowed(each, constraint) : [each]));
  if (narrow.includes(undefined)) return undefined;
  return [...narrow.flatMap((each) => each ?? []), ...(isOpen ? bitDenials(constraint) : [])];
}

const noneOf = ({ index, mask }: WithoutFlags): OciSyscallArgument => ({
  index,
  value: mask,
  valueTwo: 0,
  op: 'SCMP_CMP_MASKED_EQ',
});

/** The filter language has no "any bit of": one rule per bit. */
function bitDenials({ index, mask }: WithoutFlags): Outcome[] {
  const bits: number[] = [];
  for (let bit = 0; bit < 32; bit++) if (Math.floor(mask / 2 ** bit) % 2 === 1) bits.push(2 ** bit);
  return bits.map((bit) =>
    outcome('SCMP_ACT_ERRNO', EPERM, [{ index, value: bit, valueTwo: bit, op: 'SCMP_CMP_MASKED_EQ' }]),
  );
}

/**
 * The rule with the flags forbidden besides; none when it never holds then; undefined when that cannot be said:
 * libseccomp compares an argument once per rule, so two masks of one argument must become one.
 */
function narrowed(rule: Outcome, constraint: WithoutFlags): readonly Outcome[] | undefined {
  const [only, ...more] = rule.args.filter((each) => each.index === constraint.index);
  if (only === undefined) return [{ ...rule, args: [...rule.args, noneOf(constraint)] }];
  if (more.length > 0 || !Number.isSafeInteger(only.value)) return undefined;
  const flags = BigInt(constraint.mask);
  const value = BigInt(only.value);
  if (only.op === 'SCMP_CMP_EQ') return (value & flags) === 0n ? [rule] : [];
  if (only.op !== 'SCMP_CMP_MASKED_EQ' || (only.valueTwo ?? 0) !== 0) return undefined;
  const joined = { ...only, value: Number(value | flags), valueTwo: 0 };
  return [{ ...rule, args: rule.args.map((each) => (each === only ? joined : each)) }];
}

/** Names with the same outcome share a rule, in a fixed order. */
function gather(outcomes: ReadonlyMap<string, readonly Outcome[]>): OciSyscallRule[] {
  const groups = new Map<string, { names: string[]; rule: Outcome }>();
  for (const [name, all] of [...outcomes].sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const rule of all) {
      const key = JSON.stringify([rule.action, rule.errno ?? null, rule.args]);
      const group = groups.get(key) ?? { names: [], rule };
      if (!group.names.includes(name)) group.names.push(name);
      groups.set(key, group);
    }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  return sorted.map(({ names, rule }) => ({
    names,
    action: rule.action,
    ...(rule.errno === undefined ? {} : { errnoRet: rule.errno }),
    ...(rule.args.length === 0 ? {} : { args: rule.args }),
  }));
}

/** The newer call takes its flags from memory, where a filter cannot look. */
export const unseenFlags: SyscallConstraint = { kind: 'deny', action: 'SCMP_ACT_ERRNO', errno: ENOSYS };
