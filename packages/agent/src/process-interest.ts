import { type EventView, fieldCatalogue, SYSCALLS } from '@runward/events';
import {
  assumeContainer,
  compileEach,
  type Expression,
  type Foresight,
  type RuleSet,
  readsOnly,
  SurvivalPlanner,
} from '@runward/rules';
import { type Narrowing, type OpenClause, TYPE_WORDS } from '@runward/sensor';

/** What is known for certain of a process: that of the host, in a container, in one whose runtime described it. */
export const STANDINGS = ['host', 'container', 'identified'] as const;
export type Standing = (typeof STANDINGS)[number];

export function standingOf({ container }: EventView): Standing {
  if (container === undefined) return 'host';
  // Until the runtime has answered, what is said of the container is a guess that may still be corrected.
  return container.metadata === 'complete' ? 'identified' : 'container';
}

const fixedField =
  (standing: Standing) =>
  (field: string): boolean =>
    fieldCatalogue.get(field)?.perProcess === true &&
    (standing === 'identified' || field.startsWith('proc.'));

export const foresightOf = (standing: Standing): Foresight => {
  const isFixed = fixedField(standing);
  return (check) =>
    assumeContainer(check, standing !== 'host') ?? (readsOnly(check, isFixed) ? 'fixed' : undefined);
};

/** Who asks for an open clause: a rule, for one type of open. */
export interface OpenSource {
  readonly rule: string;
  readonly condition: Expression;
  readonly eventType: string;
}

/** Types that are asked for whatever the rules say: the process table needs them. */
export interface ProcessInterestOptions {
  readonly always: ReadonlySet<string>;
  readonly clauses: readonly OpenClause<OpenSource>[];
}

/** Types of events, and open clauses, that are worth sending under the same condition on the process. */
interface Fate {
  readonly condition: Expression;
  readonly types: Uint32Array;
  opens: number;
}

/** Says what is worth sending of a process. */
export interface ProcessJudge {
  /** Judges the process an event is about. Valid until the next call. */
  of(view: EventView): Narrowing;
  /** Gets ready for processes of this standing, in steps of about a millisecond. */
  prepare(standing: Standing): Generator<void>;
}

/**
 * What is worth sending of a process: the rules, evaluated as far as its program and its container decide them. A
 * condition that depends on the event counts as true, so nothing is left out that some rule could match.
 */
export class ProcessInterest implements ProcessJudge {
  readonly #rules: RuleSet;
  readonly #options: ProcessInterestOptions;
  readonly #evaluators = new Map<Standing, Evaluator>();

  constructor(rules: RuleSet, options: ProcessInterestOptions) {
    this.#rules = rules;
    this.#options = options;
  }

  /** Judges the process an event is about. Valid until the next call. */
  of(view: EventView): Narrowing {
    const standing = standingOf(view);
    const known = this.#evaluators.get(standing);
    if (known !== undefined) return known.evaluate(view);
    for (const step of this.prepare(standing)) void step; // nobody found the time before
    return this.of(view);
  }

  /** Plans for processes of this standing, in steps of about a millisecond. */
  *prepare(standing: Standing): Generator<void> {
    if (this.#evaluators.has(standing)) return;
    const planning = planFates(this.#rules, standing, this.#options);
    for (let step = planning.next(); ; step = planning.next()) {
      if (step.done === true) {
        this.#evaluators.set(standing, new Evaluator(step.value));
        return;
      }
      yield;
    }
  }
}

/** Groups event types and open clauses by the condition a process must meet; yields between small steps. */
export function* planFates(
  { rules }: RuleSet,
  standing: Standing,
  { always, clauses }: ProcessInterestOptions,
): Generator<void, readonly Fate[]> {
  const planner = new SurvivalPlanner(foresightOf(standing));
  const fates = new Map<Expression, Fate>();
  const fate = (condition: Expression): Fate => {
    const known = fates.get(condition) ?? { condition, types: new Uint32Array(TYPE_WORDS), opens: 0 };
    fates.set(condition, known);
    return known;
  };
  const enabled = rules.filter((rule) => rule.enabled);
  for (const { id, name } of SYSCALLS) {
    const left = enabled
      .filter((rule) => rule.eventTypes.includes(name))
      .map((rule) => planner.survival(rule.condition, name));
    const { types } = fate(always.has(name) ? planner.factory.true : planner.factory.or(left));
    types[id >>> 5] = (types[id >>> 5] ?? 0) | (1 << (id & 31));
    if (left.length > 0) yield;
  }
  for (const [i, { sources }] of clauses.entries()) {
    const left = sources.map(({ condition, eventType }) => planner.survival(condition, eventType));
    fate(planner.factory.or(left)).opens |= 1 << i;
    yield;
  }
  fates.delete(planner.factory.false);
  return [...fates.values()];
}

class Evaluator {
  readonly #fates: readonly Fate[];
  readonly #each: (view: EventView, onHold: (index: number) => void) => void;
  readonly #types = new Uint32Array(TYPE_WORDS);
  #opens = 0;

  constructor(fates: readonly Fate[]) {
    this.#fates = fates;
    this.#each = compileEach<EventView>(
      fates.map((fate) => fate.condition),
      fieldCatalogue,
    );
  }

  evaluate(view: EventView): Narrowing {
    this.#types.fill(0);
    this.#opens = 0;
    this.#each(view, this.#onHold);
    return { types: this.#types, opens: this.#opens };
  }

  readonly #onHold = (index: number): void => {
    const fate = this.#fates[index];
    if (fate === undefined) return;
    for (let i = 0; i < TYPE_WORDS; i += 1) this.#types[i] = (this.#types[i] ?? 0) | (fate.types[i] ?? 0);
    this.#opens |= fate.opens;
  };
}
