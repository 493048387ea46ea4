import { fieldCatalogue } from '@runward/events';
import { type Guidance, guidanceOf, type Incident, type RuleText, ruleText } from '@runward/incidents';
import {
  type ChangedLine,
  networkException,
  type PolicyText,
  policyException,
  preventionOf,
  ruleException,
} from '@runward/incidents/proposal';
import { loadRules, type RuleSet, type SourceFile } from '@runward/rules';
import { PolicyStore } from '@runward/state';

/** What makes a false positive silent; each part '' or empty where it is not to blame. */
export interface ProposedException {
  /** A rule file to load behind the others. */
  readonly rules: string;
  /** Policies to apply. */
  readonly policies: string;
  /** Lines of policies to change by hand. */
  readonly changes: readonly ChangedLine[];
  /** For the file of `--network-settings`. */
  readonly network: string;
  /** What none of it silences, and why. */
  readonly remarks: readonly string[];
}

/** Advice about incidents. Loaded when it is asked for: rules and policies take a while to read. */
export class Advice {
  readonly #files: readonly SourceFile[];
  readonly #state: string;
  #rules: RuleSet | undefined;
  #texts: ReadonlyMap<string, RuleText> | undefined;

  constructor(files: readonly SourceFile[], state: string) {
    this.#files = files;
    this.#state = state;
  }

  guidance(incident: Incident): Guidance {
    const { rules, correlations = [] } = this.#ruleSet();
    this.#texts ??= new Map(
      [...rules, ...correlations].map(({ name, description }) => [name, ruleText(description)]),
    );
    return guidanceOf(incident, this.#texts);
  }

  prevention(incident: Incident): string {
    return preventionOf(incident);
  }

  async exception(incident: Incident): Promise<ProposedException> {
    const ofRules = ruleException(incident, this.#files, this.#ruleSet());
    const isPolicy = incident.rules.some(({ source }) => source === 'policy');
    const ofPolicies = isPolicy
      ? policyException(incident, await appliedTexts(this.#state))
      : { text: '', changes: [] };
    return {
      ...{ rules: ofRules.text, policies: ofPolicies.text, changes: ofPolicies.changes },
      ...{ network: networkException(incident), remarks: ofRules.remarks },
    };
  }

  #ruleSet(): RuleSet {
    this.#rules ??= loadRules(this.#files, { catalogue: fieldCatalogue }).value ?? { rules: [] };
    return this.#rules;
  }
}

async function appliedTexts(state: string): Promise<readonly PolicyText[]> {
  const store = new PolicyStore(state);
  const { policies } = await store.read();
  return policies.flatMap((stored) => {
    const text = store.text(stored);
    return text === undefined ? [] : [{ name: stored.name, file: stored.source, text }];
  });
}
