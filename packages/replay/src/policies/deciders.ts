import type { ContainerInfo } from '@runward/events';
import {
  type Action,
  asActions,
  decide,
  type EffectiveLine,
  type EffectivePolicy,
  mergePolicies,
  type ObservedAction,
  type RuntimePolicy,
  selectPolicies,
} from '@runward/policy';

/** What the policies under test deny that was not denied before. */
export interface Denial {
  readonly line: EffectiveLine;
  readonly action: Action;
  /** The answer hangs on who owns the file, and the event does not tell. */
  readonly uncertain: boolean;
}

/** Answers kept per set of policies; then they are worked out anew. */
const MAX_ANSWERS = 100_000;

/** Decides for the containers that one set of policies selects. */
export class Decider {
  readonly #after: EffectivePolicy;
  readonly #before: EffectivePolicy | undefined;
  readonly #answers = new Map<string, Denial | null>();
  cached = 0;

  constructor(after: EffectivePolicy, before: EffectivePolicy | undefined) {
    this.#after = after;
    this.#before = before;
  }

  /** Whether a section says anything in protect. */
  speaksOf(observed: ObservedAction): boolean {
    return this.#after.sections.get(observed.section)?.enforced === true;
  }

  /** null: it is not denied, or was so before. */
  judge(observed: ObservedAction): Denial | null {
    const key = keyOf(observed);
    const known = this.#answers.get(key);
    if (known !== undefined) {
      this.cached += 1;
      return known;
    }
    const answer = this.#judge(observed);
    if (this.#answers.size >= MAX_ANSWERS) this.#answers.clear();
    this.#answers.set(key, answer);
    return answer;
  }

  #judge(observed: ObservedAction): Denial | null {
    const possible = asActions(observed).filter((action) => action !== undefined);
    const denials = possible.flatMap((action) => this.#denial(action) ?? []);
    const [first] = denials;
    return first === undefined ? null : { ...first, uncertain: denials.length < possible.length };
  }

  #denial(action: Action): Omit<Denial, 'uncertain'> | undefined {
    const { verdict, line } = decide(this.#after, action).enforced;
    if (verdict === 'allow' || line === undefined) return undefined;
    const wasDenied = this.#before !== undefined && decide(this.#before, action).enforced.verdict === 'deny';
    return wasDenied ? undefined : { line, action };
  }
}

function keyOf(observed: ObservedAction): string {
  switch (observed.section) {
    case 'process': {
      const { path, arguments: args, ancestors, drift, fileless } = observed;
      return `p${drift ? 1 : 0}${fileless ? 1 : 0}${path}\0${args}\0${ancestors.join('\0')}`;
    }
    case 'file': {
      const { operation, path, by, owned } = observed;
      return `f${operation}\0${owned}\0${by}\0${path}`;
    }
    case 'network': {
      const { operation, family, protocol, address, port, by } = observed;
      return `n${operation}\0${family}\0${protocol}\0${address}\0${port}\0${by}`;
    }
    case 'privilege':
      return `v${observed.operation}`;
    default:
      return `${observed.section}\0${observed.name}`;
  }
}

export interface Trial {
  /** Policies as they would be; what is in protect denies. */
  readonly policies: readonly RuntimePolicy[];
  /** As they are; undefined: nothing is denied yet. */
  readonly against: readonly RuntimePolicy[] | undefined;
  /** Names of those that are tried; the others are in force beside them. */
  readonly tried: ReadonlySet<string>;
  /** As if each policy that is tried selected every container. */
  readonly everywhere: boolean;
}

/** Who decides for which container: equal sets of policies decide together. */
export class Deciders {
  readonly #trial: Trial;
  readonly #bySet = new Map<string, Decider>();
  readonly #byContainer = new WeakMap<ContainerInfo, Decider | 'unselected'>();

  constructor(trial: Trial) {
    this.#trial = trial;
  }

  /** Undefined where no policy that is tried selects the container. */
  of(container: ContainerInfo): Decider | undefined {
    let known = this.#byContainer.get(container);
    if (known === undefined) {
      known = this.#find(container) ?? 'unselected';
      this.#byContainer.set(container, known);
    }
    return known === 'unselected' ? undefined : known;
  }

  get cached(): number {
    return [...this.#bySet.values()].reduce((sum, { cached }) => sum + cached, 0);
  }

  #find(container: ContainerInfo): Decider | undefined {
    const { policies, against, tried } = this.#trial;
    const selected = this.#select(policies, container);
    if (!selected.some(({ name }) => tried.has(name))) return undefined;
    const key = selected.map(({ name }) => name).join('\0');
    let decider = this.#bySet.get(key);
    if (decider === undefined) {
      const before = against && mergePolicies(this.#select(against, container));
      decider = new Decider(mergePolicies(selected), before);
      this.#bySet.set(key, decider);
    }
    return decider;
  }

  #select(policies: readonly RuntimePolicy[], container: ContainerInfo): readonly RuntimePolicy[] {
    if (!this.#trial.everywhere) return selectPolicies(policies, container);
    return policies.filter(
      (policy) => this.#trial.tried.has(policy.name) || selectPolicies([policy], container).length > 0,
    );
  }
}
