import {
  type EffectivePolicy,
  mergePolicies,
  type RuntimePolicy,
  SECTIONS,
  selectPolicies,
  type Workload,
} from '@runward/policy';

/** Whether a policy has a section that is enforced or reported. */
export const isActive = (policy: RuntimePolicy): boolean =>
  SECTIONS.some((name) => policy[name]?.mode === 'monitor' || policy[name]?.mode === 'protect');

/** The policies at one time, and what they come to for each container. */
export class Selections {
  readonly #merged = new Map<string, EffectivePolicy>();

  constructor(readonly policies: readonly RuntimePolicy[]) {}

  get isAnyActive(): boolean {
    return this.policies.some(isActive);
  }

  /** undefined when nothing is in force for the container. */
  for(workload: Workload): EffectivePolicy | undefined {
    const selected = selectPolicies(this.policies, workload).filter(isActive);
    if (selected.length === 0) return undefined;
    const key = selected.map(({ name }) => name).join('\0');
    const known = this.#merged.get(key);
    if (known !== undefined) return known;
    const merged = mergePolicies(selected);
    this.#merged.set(key, merged);
    return merged;
  }
}
