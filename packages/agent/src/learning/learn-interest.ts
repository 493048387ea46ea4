import { type EventView, SYSCALLS } from '@runward/events';
import { LEARNT_CALLS } from '@runward/learn';
import { EVERY_OUTCOME, type Narrowing, type OpenClause, type Scope, TYPE_WORDS } from '@runward/sensor';
import type { Interest } from '../interest.js';
import type { OpenSource, ProcessJudge } from '../process-interest.js';

/** Bits of RwOutcome for calls that succeeded. */
const SUCCESS = 0x55;
const TRIED: ReadonlySet<string> = new Set(['connect', 'bind']);
const CONTAINERS: Scope = 1;
const CLAUSE_LIMIT = 16;

/** Every open of a container. */
const CATCH_ALL: OpenClause<OpenSource> = {
  ...{ mask: 0, want: 0, group: undefined },
  scope: CONTAINERS,
  sources: [],
};

const LEARNT_TYPES: Uint32Array = (() => {
  const types = new Uint32Array(TYPE_WORDS);
  for (const { id, name } of SYSCALLS)
    if (LEARNT_CALLS.has(name)) types[id >>> 5] = (types[id >>> 5] ?? 0) | (1 << (id & 31));
  return types;
})();

/**
 * Interest with all that learning needs. The kernel first sends it of every container's process; one of a container
 * that is not learnt is narrowed to what the rules need as any other is, after its first few dozen events.
 */
export function withLearning(interest: Interest, learns: (view: EventView) => boolean): Interest {
  const { clauses } = interest.open;
  const hasRoom = clauses.length < CLAUSE_LIMIT;
  return {
    ...interest,
    callOf: (call) => {
      const base = interest.callOf(call);
      if (!LEARNT_CALLS.has(call.name)) return base;
      const outcomes = base.scope === 0 ? 0 : base.outcomes;
      return {
        scope: (base.scope | CONTAINERS) as Scope, // a union of its two bits
        // What nobody answers, or is only on its way, was tried all the same.
        outcomes: TRIED.has(call.name) ? EVERY_OUTCOME : outcomes | SUCCESS,
      };
    },
    open: { clauses: hasRoom ? [...clauses, CATCH_ALL] : [CATCH_ALL] },
    processes:
      interest.processes &&
      new LearningInterest(interest.processes, learns, hasRoom ? clauses.length : undefined),
  };
}

/** Of processes of learnt containers everything learning needs, besides what the rules do. */
class LearningInterest implements ProcessJudge {
  readonly #rules: ProcessJudge;
  readonly #learns: (view: EventView) => boolean;
  /** Which clause takes every open; undefined: it stands for all those of the rules as well. */
  readonly #catchAll: number | undefined;
  readonly #types = new Uint32Array(TYPE_WORDS);

  constructor(rules: ProcessJudge, learns: (view: EventView) => boolean, catchAll: number | undefined) {
    this.#rules = rules;
    this.#learns = learns;
    this.#catchAll = catchAll;
  }

  prepare: ProcessJudge['prepare'] = (standing) => this.#rules.prepare(standing);

  of(view: EventView): Narrowing {
    const { types, opens } = this.#rules.of(view);
    const isLearnt = this.#learns(view);
    for (let i = 0; i < TYPE_WORDS; i += 1)
      this.#types[i] = (types[i] ?? 0) | (isLearnt ? (LEARNT_TYPES[i] ?? 0) : 0);
    if (this.#catchAll === undefined) return { types: this.#types, opens: isLearnt || opens !== 0 ? 1 : 0 };
    return { types: this.#types, opens: isLearnt ? opens | (1 << this.#catchAll) : opens };
  }
}
