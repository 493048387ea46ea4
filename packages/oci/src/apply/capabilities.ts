import { CAPABILITY_SETS, type OciCapabilities } from '../spec/spec.js';
import { change, type SpecChange } from './change.js';
import type { CreationPolicy, Reason } from './creation-policy.js';

/**
 * The given sets without what the policy denies. A specification without sets gives none: both runtimes read it
 * so, and nothing is to be taken away.
 */
export function restrictCapabilities(
  given: OciCapabilities | undefined,
  policy: CreationPolicy,
): { readonly capabilities: OciCapabilities | undefined; readonly changes: readonly SpecChange[] } {
  if (given === undefined) return { capabilities: given, changes: [] };
  const taken = new Map<string, Reason>();
  const kept: Record<string, readonly string[]> = {};
  for (const set of CAPABILITY_SETS) {
    const names = given[set];
    if (names === undefined) continue;
    kept[set] = names.filter((name) => {
      // Runtimes accept the names in either case.
      const reason = policy.denies('capabilities', name.toUpperCase().replace(/^CAP_/, ''));
      if (reason !== undefined) taken.set(name, reason);
      return reason === undefined;
    });
  }
  if (taken.size === 0) return { capabilities: given, changes: [] };
  const text = `without ${[...taken.keys()].sort().join(', ')}`;
  return {
    capabilities: { ...given, ...kept },
    changes: [change('process.capabilities', text, [...taken.values()])],
  };
}
