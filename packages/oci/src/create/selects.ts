import type { Selector, Workload } from '@runward/policy';

/** Whether a selector selects a workload: every part that is given must hold, any entry of a part is enough. */
export function selects(selector: Selector, workload: Workload): boolean {
  const { pod, labels } = workload;
  const images = [workload.image, workload.imageRepository];
  return (
    matches(selector.namespaces, pod === undefined ? [] : [pod.namespace]) &&
    hasAll(pod?.labels ?? new Map(), selector.podLabels) &&
    hasAll(labels, selector.containerLabels) &&
    matches(selector.images, images) &&
    isOneOf(selector.digests, workload.imageDigest) &&
    isOneOf(selector.runtimes, workload.runtime) &&
    matches(selector.containerNames, [workload.name])
  );
}

const isOneOf = (wanted: readonly string[], value: string): boolean =>
  wanted.length === 0 || wanted.includes(value);
const hasAll = (labels: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): boolean =>
  [...wanted].every(([key, value]) => labels.get(key) === value);
const matches = (patterns: readonly string[], values: readonly string[]): boolean =>
  patterns.length === 0 || values.some((value) => patterns.some((pattern) => fits(pattern, value)));

/** `*` any characters, `?` one; in linear time, going back to the last star only. */
function fits(pattern: string, value: string): boolean {
  let [p, v, star, mark] = [0, 0, -1, 0];
  while (v < value.length) {
    if (pattern[p] === '*') [star, mark, p] = [p, v, p + 1];
    else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === value[v])) [p, v] = [p + 1, v + 1];
    else if (star === -1) return false;
    else [p, mark, v] = [star + 1, mark + 1, mark + 1];
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
