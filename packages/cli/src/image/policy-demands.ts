import type { RuntimePolicy } from '@runward/policy';
import type { ImageDemand } from '@runward/policy/trust';
import type { Reference } from '@runward/trust';
import { UsageError } from '../command.js';
import { soundPolicies } from '../policy-files.js';

export interface PolicyDemand {
  readonly policy: string;
  readonly demand: ImageDemand;
}

/**
 * What the policies of files ask of an image, those that name other images apart; undefined after problems were printed.
 * Whatever else their selectors name (namespaces, labels) is about containers, and left aside.
 */
export async function policyDemands(
  paths: readonly string[],
  reference: Reference | undefined,
): Promise<readonly PolicyDemand[] | undefined> {
  const policies = soundPolicies(paths);
  if (policies === undefined) return undefined;
  const { textMatcher } = await import('@runward/policy/trust');
  const { nameOf, referenceText } = await import('@runward/trust');
  const names = reference === undefined ? [] : [nameOf(reference), referenceText(reference)];
  const mayMean = ({ selector: { images } }: RuntimePolicy): boolean =>
    images.length === 0 ||
    reference === undefined ||
    images.some((pattern) => names.some((name) => textMatcher(pattern)(name)));
  const demands = policies.flatMap((policy) => {
    const { name, trust } = policy;
    return trust === undefined || trust.mode === 'off' || !mayMean(policy)
      ? []
      : [{ policy: name, demand: trust.demand }];
  });
  if (demands.length > 0) return demands;
  throw new UsageError(
    `no policy in ${paths.join(', ')} has a \`trust\` section for this image`,
    'add one, or name a signer: `--key FILE`',
  );
}
