import { disjoint, textGlob } from '../language/relations.js';
import type { Selector } from '../model/policy.js';
import type { Glob } from '../pattern/glob.js';

/** Whether some container can be selected by both; true where that is not certain. */
export function mayOverlap(a: Selector, b: Selector): boolean {
  return (
    labelsAgree(a.podLabels, b.podLabels) &&
    labelsAgree(a.containerLabels, b.containerLabels) &&
    mayAgree(a.namespaces, b.namespaces, (text) => [textGlob(text)]) &&
    mayAgree(a.digests, b.digests, (text) => [textGlob(text)]) &&
    mayAgree(a.containerNames, b.containerNames, (text) => [textGlob(text)]) &&
    mayAgree(a.images, b.images, imageGlobs) &&
    (a.runtimes.length === 0 || b.runtimes.length === 0 || a.runtimes.some((r) => b.runtimes.includes(r)))
  );
}

const labelsAgree = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  [...a].every(([name, value]) => !b.has(name) || b.get(name) === value);

function mayAgree(
  a: readonly string[],
  b: readonly string[],
  globs: (text: string) => readonly Glob[],
): boolean {
  if (a.length === 0 || b.length === 0 || a.some((text) => b.includes(text))) return true;
  return !disjoint(a.flatMap(globs), b.flatMap(globs));
}

/** An image is matched by its reference and by its repository alone: a pattern stands for both. */
const imageGlobs = (text: string): readonly Glob[] => {
  const glob = textGlob(text);
  const rest = { kind: 'many', slash: false, atLeast: 0 } as const;
  return [glob, ...[':', '@'].map((mark): Glob => [...glob, { kind: 'literal', text: mark }, rest])];
};
