import type { YamlMap, YamlNode } from '@runward/yaml';
import type { Reporter } from '../diagnostics/reporter.js';
import { entryOf, itemsOf, labelsOf, textOf } from './kubernetes-objects.js';

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
  readonly node: YamlNode;
}

/** A LabelSelector of the Kubernetes API. */
export interface LabelSelector {
  readonly labels: ReadonlyMap<string, string>;
  readonly requirements: readonly Requirement[];
}

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** undefined, and reported, where it is none. */
export function readSelector(node: YamlNode, reporter: Reporter, path: string): LabelSelector | undefined {
  if (node.kind !== 'map') {
    reporter.report('POLICY_VALUE_TYPE', `\`${path}\` must be a selector of labels`, '', node.span, path);
    return undefined;
  }
  for (const [key, { keySpan }] of node.entries)
    if (key !== 'matchLabels' && key !== 'matchExpressions') {
      const help = 'a selector has `matchLabels` and `matchExpressions`';
      reporter.report('POLICY_KEY_UNKNOWN', `\`${key}\` is not known`, help, keySpan, path);
      return undefined;
    }
  const requirements: Requirement[] = [];
  for (const each of itemsOf(node, 'matchExpressions')) {
    const requirement = each.kind === 'map' ? requirementOf(each) : undefined;
    if (requirement === undefined || !OPERATORS.includes(requirement.operator)) {
      const help = `an expression has \`key\`, \`operator\` (${OPERATORS.join(', ')}) and \`values\``;
      reporter.report('POLICY_VALUE', 'this is not an expression over labels', help, each.span, path);
      return undefined;
    }
    requirements.push(requirement);
  }
  return { labels: labelsOf(node, 'matchLabels'), requirements };
}

const requirementOf = (node: YamlMap): Requirement => ({
  ...{ key: textOf(node, 'key'), operator: textOf(node, 'operator'), node },
  values: itemsOf(node, 'values').flatMap((value) => (value.kind === 'scalar' ? [value.text] : [])),
});

/** Whether labels that are known fit, by every operator. */
export const fits = ({ labels, requirements }: LabelSelector, known: ReadonlyMap<string, string>): boolean =>
  [...labels].every(([key, value]) => known.get(key) === value) &&
  requirements.every(({ key, operator, values }) => {
    const value = known.get(key);
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    // An object without the label is in no set of values.
    if (operator === 'In') return value !== undefined && values.includes(value);
    return value === undefined || !values.includes(value);
  });

/** More sets of labels than this come of no selector people write. */
const MOST_SETS = 256;

/**
 * The sets of labels of which pods have all of one, which is how policies here select. undefined, and reported, where
 * they cannot: an operator asks for something else than the value of a label.
 */
export function labelSets(
  { labels, requirements }: LabelSelector,
  reporter: Reporter,
  path: string,
): readonly ReadonlyMap<string, string>[] | undefined {
  let sets: readonly ReadonlyMap<string, string>[] = [labels];
  for (const { key, operator, values, node } of requirements) {
    if (operator !== 'In') {
      const message = `the operator \`${operator}\` over the labels of pods cannot be taken`;
      const help = 'select by `matchLabels`, or by `In`';
      reporter.report('POLICY_VALUE', message, help, node.span, path);
      return undefined;
    }
    sets = sets.flatMap((set) =>
      values.flatMap((value) => {
        const given = set.get(key);
        return given === undefined || given === value ? [new Map([...set, [key, value]])] : [];
      }),
    );
    if (sets.length > MOST_SETS) {
      const message = `the selector comes to more than ${MOST_SETS} sets of labels`;
      reporter.report('POLICY_LIMIT', message, 'name fewer values', node.span, path);
      return undefined;
    }
  }
  return sets;
}

/** A selector that is there; undefined where it is not. */
export const selectorAt = (
  node: YamlMap,
  key: string,
  reporter: Reporter,
  path: string,
): LabelSelector | undefined => {
  const value = entryOf(node, key);
  return value === undefined ? undefined : readSelector(value, reporter, `${path}.${key}`);
};
