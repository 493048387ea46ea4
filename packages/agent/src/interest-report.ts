import { RwOpenFact, RwOutcome, SYSCALLS } from '@runward/events';
import { type Expression, fieldsIn, printCondition, type RuleSet, SurvivalPlanner } from '@runward/rules';
import { EVERY_OUTCOME, type OpenClause, type Scope } from '@runward/sensor';
import type { Interest } from './interest.js';
import { foresightOf, type OpenSource } from './process-interest.js';

/** Why and under which condition an event type leaves the kernel. */
export interface TypeReport {
  readonly eventType: string;
  readonly scope: 'containers' | 'host' | 'containers and host';
  /** Outcomes that are not sent: `failed`, `on files`, …; empty when all are. */
  readonly notSent: readonly string[];
  /** What a process in a described container must meet; undefined when nothing about it rules the type out. */
  readonly process: string | undefined;
  /** Rules that can match it; those that keep it wide, whatever the process, first. */
  readonly wideRules: readonly string[];
  readonly narrowRules: readonly string[];
}

export interface OpenReport {
  /** In words: `to be written, did not fail`. */
  readonly when: string;
  readonly paths: string;
  readonly scope: TypeReport['scope'];
  readonly rules: readonly string[];
}

/** What the kernel sends and why, for people (`--explain-interest`) and machines. */
export interface InterestReport {
  readonly types: readonly TypeReport[];
  readonly opens: readonly OpenReport[];
  /** Bytes of moved data that travel with reads, writes and sends. */
  readonly dataBytes: number;
  readonly environment: boolean;
}

const MAX_CONDITION = 300;

const WHOSE: Readonly<Record<Scope, TypeReport['scope']>> = {
  0: 'containers',
  1: 'containers',
  2: 'host',
  3: 'containers and host',
};

export function reportInterest(interest: Interest, rules: RuleSet | undefined): InterestReport {
  const enabled = (rules?.rules ?? []).filter((rule) => rule.enabled);
  const planner = new SurvivalPlanner(foresightOf('identified'));
  const types = SYSCALLS.flatMap((call): TypeReport[] => {
    const { scope, outcomes } = interest.callOf(call);
    if (scope === 0) return [];
    const asking = enabled.filter((rule) => rule.eventTypes.includes(call.name));
    const left = asking.map((rule) => planner.survival(rule.condition, call.name));
    const isWide = (_: unknown, i: number): boolean => left[i] === planner.factory.true;
    const process = planner.factory.or(left);
    return [
      {
        eventType: call.name,
        scope: WHOSE[scope],
        notSent: notSent(outcomes),
        process: interest.processes === undefined ? undefined : shown(process),
        wideRules: asking.filter(isWide).map((rule) => rule.name),
        narrowRules: asking
          .filter((rule, i) => !isWide(rule, i) && left[i] !== planner.factory.false)
          .map((rule) => rule.name),
      },
    ];
  });
  const opens = types.some((t) => /^(open|openat|openat2|creat)$/.test(t.eventType))
    ? interest.open.clauses.map(openReport)
    : [];
  return { types, opens, dataBytes: interest.dataBytes, environment: interest.environment };
}

/** The condition where it is short enough to be read, else what it is about. */
function shown(condition: Expression): string | undefined {
  if (condition.kind === 'constant') return undefined;
  const text = printCondition(condition, MAX_CONDITION + 1);
  if (text.length <= MAX_CONDITION && !text.includes('…')) return text;
  const fields = [...new Set([...fieldsIn([condition])].map((field) => field.name))].toSorted();
  return `values that rules name of ${fields.join(', ')}`;
}

const KIND_NAMES: readonly (readonly [number, string])[] = [
  [RwOutcome.RW_ON_OTHER, 'files'],
  [RwOutcome.RW_ON_IP, 'IP sockets'],
  [RwOutcome.RW_ON_UNIX, 'unix sockets'],
  [RwOutcome.RW_ON_SOCKET, 'other sockets'],
];
const EVERY_FAILURE = 0xaa;

function notSent(outcomes: number): string[] {
  if (outcomes === EVERY_OUTCOME) return [];
  const failures = (outcomes & EVERY_FAILURE) === 0 ? ['failed calls'] : [];
  const successes = (outcomes & ~EVERY_FAILURE) === 0 ? ['calls that succeed'] : [];
  const kinds = KIND_NAMES.filter(([bit]) => ((outcomes >> bit) & 3) === 0).map(([, name]) => `on ${name}`);
  return [...failures, ...successes, ...kinds];
}

const FACTS: readonly (readonly [number, string, string])[] = [
  [RwOpenFact.RW_O_READ, 'to be read', 'not to be read'],
  [RwOpenFact.RW_O_WRITE, 'to be written', 'not to be written'],
  [RwOpenFact.RW_O_FAILED, 'failed', 'did not fail'],
  [RwOpenFact.RW_O_TRUNC, 'truncating', 'not truncating'],
  [RwOpenFact.RW_O_CREAT, 'creating', 'not creating'],
  [RwOpenFact.RW_O_DOTDOT, 'a path with `..`', 'a path without `..`'],
];

function openReport({ mask, want, group, scope, sources }: OpenClause<OpenSource>): OpenReport {
  const facts = FACTS.filter(([bit]) => (mask & bit) !== 0).map(([bit, yes, no]) => (want & bit ? yes : no));
  const parts =
    group === undefined
      ? []
      : [
          ...named('files named', group.leaves),
          ...named('files in folders named', group.parents),
          ...named('files below top folders', group.tops),
        ];
  return {
    when: facts.length === 0 ? 'any open' : facts.join(', '),
    paths: group === undefined ? 'any path' : parts.join('; '),
    scope: WHOSE[scope],
    rules: [...new Set(sources.map((source) => source.rule))],
  };
}

const named = (what: string, names: readonly string[]): string[] =>
  names.length === 0 ? [] : [`${what} ${[...new Set(names)].join(' ')}`];
