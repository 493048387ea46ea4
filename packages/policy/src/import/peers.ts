import { parseNetwork } from '@runward/core';
import type { YamlMap, YamlNode } from '@runward/yaml';
import type { Reporter } from '../diagnostics/reporter.js';
import { type ClusterObjects, entryOf, itemsOf, NAMESPACE_LABEL, textOf } from './kubernetes-objects.js';
import { fits, type LabelSelector, labelSets, selectorAt } from './label-selector.js';

/** Who a rule is about, as parts of a line; a rule without peers is about anybody, and has none of the parts. */
export interface LinePeers {
  readonly cidrs?: readonly string[];
  readonly except?: readonly string[];
  readonly peers?: readonly object[];
}

/** One line for each; undefined, and reported, where something of it cannot be taken. Empty: nobody. */
export function linePeers(
  items: readonly YamlNode[],
  namespace: string,
  cluster: ClusterObjects,
  reporter: Reporter,
  path: string,
): readonly LinePeers[] | undefined {
  if (items.length === 0) return [{}];
  const found = items.map((item, at) => peersOf(item, namespace, cluster, reporter, `${path}[${at}]`));
  if (found.some((each) => each === undefined)) return undefined;
  const all = found.flatMap((each) => each ?? []);
  const [plain, excepting] = [all.filter((each) => !each.except), all.filter((each) => each.except)];
  const joined = {
    cidrs: plain.flatMap(({ cidrs = [] }) => cidrs),
    peers: plain.flatMap(({ peers = [] }) => peers),
  };
  const hasAny = joined.cidrs.length + joined.peers.length > 0;
  return [...(hasAny ? [joined] : []), ...excepting];
}

function peersOf(
  item: YamlNode,
  namespace: string,
  cluster: ClusterObjects,
  reporter: Reporter,
  path: string,
): readonly LinePeers[] | undefined {
  if (!isSound(item, ['podSelector', 'namespaceSelector', 'ipBlock'], reporter, path)) return undefined;
  const block = entryOf(item, 'ipBlock');
  const before = reporter.errors;
  const pods = selectorAt(item, 'podSelector', reporter, path);
  const spaces = selectorAt(item, 'namespaceSelector', reporter, path);
  if (reporter.errors > before) return undefined;
  if (block !== undefined) {
    if (pods !== undefined || spaces !== undefined) {
      const help = 'write one item for the block and one for the pods';
      reporter.report('POLICY_VALUE', '`ipBlock` cannot stand beside selectors', help, item.span, path);
      return undefined;
    }
    return blockOf(block, reporter, `${path}.ipBlock`);
  }
  if (pods === undefined && spaces === undefined) {
    const message = 'the peer names nobody';
    const help = 'give it `podSelector`, `namespaceSelector` or `ipBlock`';
    reporter.report('POLICY_KEY_MISSING', message, help, item.span, path);
    return undefined;
  }
  const sets =
    pods === undefined ? [new Map<string, string>()] : labelSets(pods, reporter, `${path}.podSelector`);
  const names = spaces === undefined ? [namespace] : namespacesOf(spaces, cluster, item, reporter, path);
  if (sets === undefined || names === undefined) return undefined;
  if (names.length === 0) return [];
  const peers = sets.map((set) => ({
    workload: { namespaces: names, ...(set.size > 0 && { podLabels: Object.fromEntries(set) }) },
  }));
  return [{ peers }];
}

/** An item that is a mapping with these keys and no others: what is not understood must not be passed over. */
export function isSound(
  node: YamlNode,
  keys: readonly string[],
  reporter: Reporter,
  path: string,
): node is YamlMap {
  if (node.kind !== 'map') {
    reporter.report('POLICY_VALUE_TYPE', `\`${path}\` must be a mapping`, '', node.span, path);
    return false;
  }
  let sound = true;
  for (const [key, { keySpan }] of node.entries)
    if (!keys.includes(key)) {
      reporter.report(
        'POLICY_KEY_UNKNOWN',
        `\`${key}\` is not known`,
        `known are ${keys.join(', ')}`,
        keySpan,
        path,
      );
      sound = false;
    }
  return sound;
}

function blockOf(node: YamlNode, reporter: Reporter, path: string): readonly LinePeers[] | undefined {
  if (!isSound(node, ['cidr', 'except'], reporter, path)) return undefined;
  const cidr = textOf(node, 'cidr');
  const except = itemsOf(node, 'except').map((each) => (each.kind === 'scalar' ? each.text : ''));
  for (const each of [cidr, ...except])
    if (parseNetwork(each) === undefined) {
      reporter.report('POLICY_VALUE', `\`${each}\` is not a network`, 'write `10.0.0.0/8`', node.span, path);
      return undefined;
    }
  return [{ cidrs: [cidr], ...(except.length > 0 && { except }) }];
}

/**
 * The names of the namespaces a selector selects: known of those that are given as objects, and without any of them
 * where it asks for nothing, or for the label that every namespace has its name in.
 */
function namespacesOf(
  selector: LabelSelector,
  { namespaces }: ClusterObjects,
  item: YamlMap,
  reporter: Reporter,
  path: string,
): readonly string[] | undefined {
  const { labels, requirements } = selector;
  if (labels.size === 0 && requirements.length === 0) return ['*'];
  const name = labels.get(NAMESPACE_LABEL);
  if (name !== undefined && labels.size === 1 && requirements.length === 0) return [name];
  const [only] = requirements;
  if (
    labels.size === 0 &&
    requirements.length === 1 &&
    only?.key === NAMESPACE_LABEL &&
    only.operator === 'In'
  )
    return only.values;
  if (namespaces.size === 0) {
    const message = 'which namespaces have these labels is not known';
    const help = 'give the namespaces as well: `kubectl get namespaces,networkpolicies -A -o yaml`';
    reporter.report('POLICY_VALUE', message, help, item.span, `${path}.namespaceSelector`);
    return undefined;
  }
  return [...namespaces].filter(([, known]) => fits(selector, known)).map(([each]) => each);
}
