import type { Action } from '../decide/action.js';
import type { Judgement } from '../decide/decide.js';
import type { EffectiveLine } from '../decide/effective.js';
import type { SectionName } from '../model/policy.js';
import type { DecisionChange } from './difference.js';

const MAX_EXAMPLES = 3;

interface Gathered {
  readonly direction: DecisionChange['direction'];
  readonly before: EffectiveLine | undefined;
  readonly after: EffectiveLine | undefined;
  readonly what: Set<string>;
  readonly by: Set<string>;
  readonly examples: Action[];
}

/** Puts together what the same lines decide differently. */
export class Differences {
  readonly #found = new Map<string, Gathered>();

  constructor(
    readonly section: SectionName,
    readonly keyOf: (line: EffectiveLine | undefined) => string = (line) => String(line?.id ?? 0),
  ) {}

  /** `by`: the program the action was tried for, '' for any other than those that lines name. */
  compare(before: Judgement, after: Judgement, what: string, by: string, action: () => Action): void {
    if (before.verdict === after.verdict) return;
    const direction = after.verdict === 'allow' ? 'allows' : 'denies';
    const key = `${direction}\0${this.keyOf(before.line)}\0${this.keyOf(after.line)}`;
    let group = this.#found.get(key);
    if (group === undefined) {
      group = {
        direction,
        before: before.line,
        after: after.line,
        what: new Set(),
        by: new Set(),
        examples: [],
      };
      this.#found.set(key, group);
    }
    const isNew = !group.what.has(what) || !group.by.has(by);
    if (what !== '') group.what.add(what);
    group.by.add(by);
    if (group.examples.length < MAX_EXAMPLES && (isNew || group.examples.length === 0))
      group.examples.push(action());
  }

  get changes(): readonly Omit<DecisionChange, 'risk'>[] {
    return [...this.#found.values()].map(({ direction, before, after, what, by, examples }) => ({
      ...{ section: this.section, direction, before, after, examples, what: [...what] },
      by: by.has('') ? [] : [...by],
    }));
  }
}
