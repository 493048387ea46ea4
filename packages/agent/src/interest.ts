import { SYSCALLS } from '@runward/events';
import { planInterest, type RuleSet, usedFields } from '@runward/rules';
import {
  ALL_OPENS,
  compileOpenInterest,
  type InterestClause,
  isKernelTestable,
  type OpenInterest,
  type Scope,
} from '@runward/sensor';

/** What the kernel is asked to send for a set of rules. */
export interface Interest {
  readonly scopeOf: (typeId: number) => Scope;
  readonly open: OpenInterest;
  /** Bytes of moved data that travel with reads, writes, sends; 0 for none. */
  readonly dataBytes: number;
  readonly environment: boolean;
}

const DATA_BYTES = 80;
const CONTAINERS: Scope = 1;
const BOTH: Scope = 3;
/** The clauses filter opens by path; an open by handle has none and is always sent when asked for. */
const OPEN_TYPES = SYSCALLS.filter((s) => s.family === 'open' && s.name !== 'open_by_handle_at');

/** Calls whose effect the process table keeps: needed when a rule reads the fact they change. */
const STATE_CALLS: readonly { readonly field: string; readonly calls: readonly string[] }[] = [
  { field: 'proc.cwd', calls: ['chdir', 'fchdir', 'chroot'] },
];

const ARGUMENT = /^evt\.(?:raw)?arg\[(.+)\]$/;
/** Whether a field shows the argument: by its name, by any position, or with all the others. */
const showsArgument = (field: string, name: string): boolean => {
  const which = ARGUMENT.exec(field)?.[1];
  return (
    field === 'evt.args' ||
    field === 'evt.info' ||
    which === name ||
    (which !== undefined && /^\d+$/.test(which))
  );
};
const MOVING: ReadonlySet<string> = new Set(
  SYSCALLS.filter((s) => s.args.includes(':buffer')).map((s) => s.name),
);
const EXECS: ReadonlySet<string> = new Set(SYSCALLS.filter((s) => s.family === 'exec').map((s) => s.name));

/** Whether some rule about one of the types reads a field for which `reads` holds. */
const someRuleReads = (
  set: RuleSet,
  types: ReadonlySet<string>,
  reads: (field: string) => boolean,
): boolean =>
  set.rules.some(
    (rule) =>
      rule.eventTypes.some((t) => types.has(t)) && [...usedFields({ ...set, rules: [rule] })].some(reads),
  );

/** Derives from the rules what the kernel must send: never less than some rule could match. */
export function interestOfRules(rules: RuleSet, host: boolean): Interest {
  const clausesOf = (type: string, container: boolean): readonly InterestClause[] =>
    planInterest(rules, type, (atom) => isKernelTestable({ ...atom, negated: false }), {
      assume: { container },
    });
  const fields = usedFields(rules);
  const scopes = new Map<number, Scope>();
  const add = (id: number, scope: Scope): void =>
    void scopes.set(id, ((scopes.get(id) ?? 0) | scope) as Scope);
  for (const call of SYSCALLS) {
    if (clausesOf(call.name, true).length > 0) add(call.id, 1);
    if (host && clausesOf(call.name, false).length > 0) add(call.id, 2);
  }
  for (const { field, calls } of STATE_CALLS) {
    if (!fields.has(field)) continue;
    for (const call of SYSCALLS) if (calls.includes(call.name)) add(call.id, host ? BOTH : CONTAINERS);
  }
  const forOpens = (container: boolean): InterestClause[] =>
    OPEN_TYPES.flatMap((t) => clausesOf(t.name, container));
  return {
    scopeOf: (typeId) => scopes.get(typeId) ?? 0,
    open: compileOpenInterest(forOpens(true), host ? forOpens(false) : []),
    dataBytes: someRuleReads(rules, MOVING, (f) => f === 'evt.buffer' || showsArgument(f, 'data'))
      ? DATA_BYTES
      : 0,
    environment:
      fields.has('proc.env') ||
      fields.has('proc.aenv') ||
      someRuleReads(rules, EXECS, (f) => showsArgument(f, 'env')),
  };
}

/** Everything of the given types, for the live stream. */
export function interestOfTypes(types: ReadonlySet<string>, host: boolean): Interest {
  const ids = new Set(SYSCALLS.filter((s) => types.has(s.name)).map((s) => s.id));
  const scope: Scope = host ? BOTH : CONTAINERS;
  return {
    scopeOf: (id) => (ids.has(id) ? scope : 0),
    open: ALL_OPENS,
    dataBytes: DATA_BYTES,
    environment: false,
  };
}

/** One line per event type asked for, for `--explain-interest`. */
export function explainInterest(interest: Interest): string[] {
  const lines = SYSCALLS.flatMap((call) => {
    const scope = interest.scopeOf(call.id);
    if (scope === 0) return [];
    const whose = scope === BOTH ? 'containers and host' : scope === CONTAINERS ? 'containers' : 'host';
    return [`${call.name}: ${whose}`];
  });
  for (const clause of interest.open.clauses) {
    const group = clause.group;
    const paths =
      group === undefined
        ? 'any path'
        : `files {${[...new Set(group.leaves)].join(', ')}} folders {${[...new Set(group.parents)].join(', ')}} below {${[...new Set(group.tops)].join(', ')}}`;
    lines.push(`open clause: facts ${clause.mask.toString(2)} want ${clause.want.toString(2)}; ${paths}`);
  }
  return lines;
}
