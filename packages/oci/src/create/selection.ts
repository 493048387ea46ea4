import type { RuntimePolicy, Selector } from '@runward/policy';
import { selects } from '@runward/policy/decide';
import { MODED } from '@runward/policy/model';
import { OciError } from '../error.js';
import type { Fact, Identity } from '../identity/identity.js';

/** Parts of a selector that ask for a fact. */
const ASKS: Readonly<Record<Fact, readonly (keyof Selector)[]>> = {
  image: ['images'],
  digest: ['digests'],
  name: ['containerNames'],
  containerLabels: ['containerLabels'],
  podLabels: ['podLabels'],
};

export interface Selection {
  readonly selected: readonly RuntimePolicy[];
  /** Policies that may select the container: what they ask for is not known. */
  readonly undecided: readonly { readonly policy: RuntimePolicy; readonly facts: readonly Fact[] }[];
}

/** Which policies a container is under, where some of who it is may not be known. */
export function select(policies: readonly RuntimePolicy[], { workload, unknown }: Identity): Selection {
  const selected: RuntimePolicy[] = [];
  const undecided: { policy: RuntimePolicy; facts: Fact[] }[] = [];
  for (const policy of policies) {
    const facts = [...unknown].filter((fact) => ASKS[fact].some((part) => asksFor(policy.selector, part)));
    if (facts.length === 0) {
      if (selects(policy.selector, workload)) selected.push(policy);
    } else if (selects(without(policy.selector, facts), workload)) undecided.push({ policy, facts });
  }
  return { selected, undecided };
}

const sizeOf = (part: Selector[keyof Selector]): number => ('size' in part ? part.size : part.length);
const asksFor = (selector: Selector, part: keyof Selector): boolean => sizeOf(selector[part]) > 0;

/** The selector with nothing asked where nothing is known: what it does not select then, it never selects. */
function without(selector: Selector, facts: readonly Fact[]): Selector {
  const dropped = new Set(facts.flatMap((fact) => ASKS[fact]));
  const kept = <Part>(part: keyof Selector, value: Part, empty: Part): Part =>
    dropped.has(part) ? empty : value;
  return {
    ...selector,
    images: kept('images', selector.images, []),
    digests: kept('digests', selector.digests, []),
    containerNames: kept('containerNames', selector.containerNames, []),
    containerLabels: kept('containerLabels', selector.containerLabels, new Map()),
    podLabels: kept('podLabels', selector.podLabels, new Map()),
  };
}

/** @throws OciError `OCI_IDENTITY_UNKNOWN` when a policy that fails closed may select the container */
export function refuseUndecided({ undecided }: Selection, { problem }: Identity): void {
  const strict = undecided.find(({ policy }) => failsClosed(policy));
  if (strict === undefined) return;
  const { policy, facts } = strict;
  throw new OciError(
    'OCI_IDENTITY_UNKNOWN',
    `policy \`${policy.name}\` may select this container, but its ${facts.join(' and ')} cannot be told: ${problem}`,
    {
      help: 'select by what this runtime tells (docs/runtime-wrapper.md), or set `onFailure: open` in the policy',
    },
  );
}

/** Whether any section in protect says that nothing may start unprotected. */
const failsClosed = (policy: RuntimePolicy): boolean =>
  MODED.some((name) => policy[name]?.mode === 'protect' && policy[name].onFailure === 'closed');
