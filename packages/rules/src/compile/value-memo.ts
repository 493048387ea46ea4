/** Sets of rules and of checks as bits, {@link MASK_BITS} to a word: small integers to the engine. */
export type RuleMask = readonly number[];

/** Addresses, paths and names are texts, ports numbers. */
export type MemoKey = string | number;

export const MASK_BITS = 30;

/** Entries of all memos of a rule set that were made since the last turn of the generation. */
const MAX_ENTRIES = 8192;
/** Longer texts are looked at anew each time: they are rare, and an attacker chooses them. */
const MAX_KEY_LENGTH = 512;

/**
 * Bounds the memory of all memos of one rule set: when together they have learnt {@link MAX_ENTRIES} values, a new
 * generation begins, and what neither it nor the one before has met is forgotten.
 */
export class MemoBudget {
  generation = 0;
  #entries = 0;

  note(): void {
    this.#entries += 1;
    if (this.#entries < MAX_ENTRIES) return;
    this.#entries = 0;
    this.generation += 1;
  }
}

/**
 * Remembers, per value of one field, what follows from it. The answer is a function of the value alone, so nothing
 * ever makes it stale.
 */
export class ValueMemo {
  readonly #budget: MemoBudget;
  readonly #decide: (value: unknown) => RuleMask;
  #missing: RuleMask | undefined;
  #young = new Map<MemoKey, RuleMask>();
  #old = new Map<MemoKey, RuleMask>();
  #generation: number;
  /** Equal masks are one array: most values rule out the same rules. */
  readonly #masks = new Map<string, RuleMask>();

  constructor(budget: MemoBudget, decide: (value: unknown) => RuleMask) {
    this.#budget = budget;
    this.#generation = budget.generation;
    this.#decide = decide;
  }

  find(value: unknown): RuleMask {
    if (typeof value !== 'string' && typeof value !== 'number') return this.#other(value);
    if (this.#generation !== this.#budget.generation) this.#turn();
    return this.#young.get(value) ?? this.#learn(value);
  }

  #other(value: unknown): RuleMask {
    if (value !== undefined) return this.#decide(value);
    this.#missing ??= this.#decide(undefined);
    return this.#missing;
  }

  #learn(value: MemoKey): RuleMask {
    const known = this.#old.get(value);
    if (known === undefined && typeof value === 'string' && value.length > MAX_KEY_LENGTH)
      return this.#decide(value);
    const mask = known ?? this.#shared(this.#decide(value));
    this.#young.set(value, mask);
    this.#budget.note();
    return mask;
  }

  #shared(mask: RuleMask): RuleMask {
    const key = mask.join();
    const known = this.#masks.get(key);
    if (known !== undefined) return known;
    this.#masks.set(key, mask);
    return mask;
  }

  #turn(): void {
    this.#old = this.#budget.generation - this.#generation === 1 ? this.#young : new Map();
    this.#young = new Map();
    this.#masks.clear();
    this.#generation = this.#budget.generation;
  }
}
