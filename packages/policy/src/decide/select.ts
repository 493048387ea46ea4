import type { RuntimePolicy, Selector, Workload } from '../model/policy.js';
import { textMatcher } from '../pattern/path-pattern.js';

/** Whether a selector selects a container: every part it has must hold. */
export function selects(selector: Selector, workload: Workload): boolean {
  const { namespaces, images, digests, runtimes, containerNames, podLabels, containerLabels } = selector;
  const { pod } = workload;
  if (namespaces.length > 0 && !(pod !== undefined && someMatch(namespaces, [pod.namespace]))) return false;
  if (podLabels.size > 0 && !(pod !== undefined && hasLabels(pod.labels, podLabels))) return false;
  return (
    hasLabels(workload.labels, containerLabels) &&
    (images.length === 0 || someMatch(images, [workload.image, workload.imageRepository])) &&
    (digests.length === 0 || someMatch(digests, [workload.imageDigest])) &&
    (runtimes.length === 0 || runtimes.includes(workload.runtime)) &&
    (containerNames.length === 0 || someMatch(containerNames, [workload.name]))
  );
}

/** The policies that select a container. */
export const selectPolicies = (
  policies: readonly RuntimePolicy[],
  workload: Workload,
): readonly RuntimePolicy[] => policies.filter((policy) => selects(policy.selector, workload));

/** Names that are not known ('') match no pattern, `*` included. */
const someMatch = (patterns: readonly string[], names: readonly string[]): boolean =>
  names.some((name) => name !== '' && patterns.some((pattern) => textMatcher(pattern)(name)));

const hasLabels = (labels: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): boolean =>
  [...wanted].every(([name, value]) => labels.get(name) === value);
