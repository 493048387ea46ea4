import { SYSCALLS, type SyscallSpec } from '@runward/events';
import {
  type Atom,
  assumeContainer,
  interestOfEach,
  type Rule,
  type RuleSet,
  SurvivalPlanner,
  usedFields,
} from '@runward/rules';
import {
  ALL_OPENS,
  type CallInterest,
  compileOpenInterest,
  EVERY_OUTCOME,
  isKernelTestable,
  type OpenAsk,
  type OpenInterest,
  RECEIVES_ANSWERS,
  type Scope,
} from '@runward/sensor';
import { OutcomePlanner } from './outcomes.js';
import { foresightOf, type OpenSource, ProcessInterest, type ProcessJudge } from './process-interest.js';

/** What the kernel is asked to send. */
export interface Interest {
  readonly callOf: (call: SyscallSpec) => CallInterest;
  readonly open: OpenInterest<OpenSource>;
  /** Bytes of moved data that travel with reads, writes, sends; 0 for none. */
  readonly dataBytes: number;
  readonly environment: boolean;
  /** What is worth sending of one process; undefined where some consumer wants everything of all. */
  readonly processes: ProcessJudge | undefined;
  /** For whom the answers of name servers are sent, which give addresses their names. */
  readonly answers: Scope;
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
const NAMES = ['fd.sip.name', 'fd.cip.name', 'fd.lip.name', 'fd.rip.name'];
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
  const fields = usedFields(rules);
  const enabled = rules.rules.filter((rule) => rule.enabled);
  const always = new Set(STATE_CALLS.flatMap(({ field, calls }) => (fields.has(field) ? calls : [])));
  const scopes = scopesOf(enabled, host);
  const outcomes = outcomesOf(enabled, host);
  for (const call of SYSCALLS) if (always.has(call.name)) scopes.set(call.id, host ? BOTH : CONTAINERS);
  const open = openInterestOf(enabled, host);
  const answers = NAMES.some((name) => fields.has(name)) ? (host ? BOTH : CONTAINERS) : 0;
  return {
    callOf: ({ id, name }) => ({
      scope: scopes.get(id) ?? 0,
      outcomes: always.has(name) ? EVERY_OUTCOME : (outcomes.get(id) ?? EVERY_OUTCOME),
    }),
    open,
    dataBytes: someRuleReads(rules, MOVING, (f) => f === 'evt.buffer' || showsArgument(f, 'data'))
      ? DATA_BYTES
      : 0,
    environment:
      fields.has('proc.env') ||
      fields.has('proc.aenv') ||
      someRuleReads(rules, EXECS, (f) => showsArgument(f, 'env')),
    processes: new ProcessInterest(rules, {
      always: answers === 0 ? always : new Set([...always, ...RECEIVES_ANSWERS]),
      clauses: open.clauses,
    }),
    answers,
  };
}

/** Whose events of each type some rule can match. */
function scopesOf(enabled: readonly Rule[], host: boolean): Map<number, Scope> {
  const scopes = new Map<number, Scope>();
  for (const [container, bit] of [[true, 1], ...(host ? ([[false, 2]] as const) : [])] as const) {
    const planner = new SurvivalPlanner((check) => assumeContainer(check, container));
    for (const { id, name } of SYSCALLS) {
      const possible = enabled.some(
        (rule) =>
          rule.eventTypes.includes(name) && planner.survival(rule.condition, name) !== planner.factory.false,
      );
      if (possible) scopes.set(id, ((scopes.get(id) ?? 0) | bit) as Scope);
    }
  }
  return scopes;
}

function outcomesOf(enabled: readonly Rule[], host: boolean): Map<number, number> {
  const planner = new OutcomePlanner((check) => (host ? undefined : assumeContainer(check, true)));
  return new Map(SYSCALLS.map((call) => [call.id, planner.outcomes(call, enabled)]));
}

/**
 * Clauses for opens, each with the rules that ask for it. Two rules share a clause where a process rules out both
 * or neither.
 */
function openInterestOf(enabled: readonly Rule[], host: boolean): OpenInterest<OpenSource> {
  const asks: OpenAsk<OpenSource>[] = [];
  const isTestable = (atom: Atom): boolean => isKernelTestable({ ...atom, negated: false });
  for (const container of host ? [true, false] : [true]) {
    const planner = new SurvivalPlanner(foresightOf(container ? 'identified' : 'host'));
    for (const { name: eventType } of OPEN_TYPES) {
      const rules = enabled.filter((rule) => rule.eventTypes.includes(eventType));
      const conditions = rules.map((rule) => rule.condition);
      const clauses = interestOfEach(conditions, eventType, isTestable, { assume: { container } });
      for (const [i, { name: rule, condition }] of rules.entries()) {
        const fate = planner.survival(condition, eventType).id;
        const source = { rule, condition, eventType };
        for (const clause of clauses[i] ?? []) asks.push({ clause, scope: container ? 1 : 2, source, fate });
      }
    }
  }
  return compileOpenInterest(asks);
}

/** Everything of the given types, for the live stream. */
export function interestOfTypes(types: ReadonlySet<string>, host: boolean, names = false): Interest {
  const scope: Scope = host ? BOTH : CONTAINERS;
  return {
    callOf: ({ name }) => ({ scope: types.has(name) ? scope : 0, outcomes: EVERY_OUTCOME }),
    open: ALL_OPENS,
    dataBytes: DATA_BYTES,
    environment: false,
    processes: undefined,
    answers: names ? scope : 0,
  };
}

/** The same event types for a consumer that wants all of them: of every process and outcome. */
export const wholeTypes = (interest: Interest): Interest => ({
  ...interest,
  callOf: (call) => ({ ...interest.callOf(call), outcomes: EVERY_OUTCOME }),
  processes: undefined,
});
