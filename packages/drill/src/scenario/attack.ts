import { TACTICS as STAGES } from '@runward/core';

/** Tactics of MITRE ATT&CK for enterprises, in their order, as people write them. */
export const TACTICS = STAGES.map(({ key }) => key.replaceAll('_', '-'));

export const TECHNIQUE = 'T[0-9]{4}(\\.[0-9]{3})?';

/**
 * Whether what a rule says of itself covers a technique. A rule that names the technique covers its sub-techniques too
 * and the other way round: sources differ in how far they divide.
 */
export function coversTechnique(tags: readonly string[], technique: string): boolean {
  const parent = (id: string): string => id.slice(0, 5);
  return tags.some(
    (tag) =>
      tag.toUpperCase() === technique ||
      (/^T\d{4}(?:\.\d{3})?$/i.test(tag) &&
        parent(tag.toUpperCase()) === parent(technique) &&
        (tag.length === 5 || technique.length === 5)),
  );
}
