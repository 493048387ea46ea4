import type { SourceFile, YamlMap } from '@runward/yaml';
import { stringify } from 'yaml';
import type { PolicyDiagnostic } from '../diagnostics/codes.js';
import { Reporter } from '../diagnostics/reporter.js';
import type { Mode } from '../model/policy.js';
import {
  type ClusterObjects,
  entryOf,
  itemsOf,
  mapOf,
  namespaceOf,
  readClusterObjects,
  textOf,
} from './kubernetes-objects.js';
import { fits, labelSets, readSelector } from './label-selector.js';
import { isSound, linePeers } from './peers.js';
import { linePorts } from './ports.js';

export interface PolicyImport {
  /** RuntimePolicies as YAML, one for each NetworkPolicy and set of labels it selects; '' with errors. */
  readonly text: string;
  readonly policies: number;
  readonly diagnostics: readonly PolicyDiagnostic[];
}

/** What Kubernetes lets through whatever policies say: the node to its pods, and a pod to itself. */
const ALWAYS = [
  { operation: 'accept', peers: ['host', 'self'], comment: 'a node may reach its pods, and a pod itself' },
] as const;
const TO_SELF = { operation: 'connect', peers: ['self'], comment: 'a pod may reach itself' } as const;

/**
 * Kubernetes NetworkPolicies as RuntimePolicies that mean the same. Namespaces and pods among the objects say which
 * labels and names of ports stand for what. Nothing is taken by halves: with an error there is no text.
 */
export function importNetworkPolicies(files: readonly SourceFile[], mode: Mode): PolicyImport {
  const reporter = new Reporter();
  const cluster = readClusterObjects(files, reporter);
  const documents = cluster.networkPolicies.flatMap((node) => policiesOf(node, cluster, mode, reporter));
  if (cluster.networkPolicies.length === 0 && reporter.errors === 0) {
    const span = { file: files[0]?.name ?? '', line: 1, column: 1, endLine: 1, endColumn: 1 };
    reporter.report('POLICY_DOCUMENT', 'there is no NetworkPolicy in it', '', span, '');
  }
  const { diagnostics } = reporter;
  if (reporter.errors > 0) return { text: '', policies: 0, diagnostics };
  const text = documents.map((document) => stringify(document, { lineWidth: 0 })).join('---\n');
  return { text, policies: documents.length, diagnostics };
}

function policiesOf(
  node: YamlMap,
  cluster: ClusterObjects,
  mode: Mode,
  reporter: Reporter,
): readonly object[] {
  const spec = mapOf(node, 'spec');
  const name = textOf(mapOf(node, 'metadata'), 'name');
  if (spec === undefined || name === '') {
    const message = 'a NetworkPolicy has `metadata.name` and `spec`';
    reporter.report('POLICY_KEY_MISSING', message, '', node.span, '');
    return [];
  }
  const known = ['podSelector', 'policyTypes', 'ingress', 'egress'];
  if (!isSound(spec, known, reporter, 'spec')) return [];
  const selectorNode = entryOf(spec, 'podSelector');
  if (selectorNode === undefined) {
    reporter.report(
      'POLICY_KEY_MISSING',
      '`podSelector` is missing',
      'write `{}` for all pods',
      spec.span,
      'spec',
    );
    return [];
  }
  const namespace = namespaceOf(node);
  const selector = readSelector(selectorNode, reporter, 'spec.podSelector');
  const sets = selector && labelSets(selector, reporter, 'spec.podSelector');
  if (selector === undefined || sets === undefined) return [];
  const own = cluster.pods.filter((pod) => pod.namespace === namespace && fits(selector, pod.labels));
  if (!areLists(spec, ['policyTypes', 'ingress', 'egress'], reporter, 'spec')) return [];
  const types = typesOf(spec, reporter);
  const ingress = types.includes('Ingress');
  const egress = types.includes('Egress');
  const allow = [
    ...(ingress ? [...ALWAYS, ...linesOf(spec, 'ingress', namespace, cluster, own, reporter)] : []),
    ...(egress ? [TO_SELF, ...linesOf(spec, 'egress', namespace, cluster, cluster.pods, reporter)] : []),
  ];
  return sets.map((labels, at) => ({
    apiVersion: 'runward.dev/v1alpha1',
    kind: 'RuntimePolicy',
    metadata: { name: [namespace, name, ...(sets.length > 1 ? [at + 1] : [])].join('.') },
    spec: {
      description: `NetworkPolicy ${name} of ${namespace}`,
      selector: {
        namespaces: [namespace],
        ...(labels.size > 0 && { podLabels: Object.fromEntries(labels) }),
      },
      network: {
        mode,
        ...(ingress && { ingress: 'deny' }),
        ...(egress && { egress: 'deny' }),
        allow,
      },
    },
  }));
}

/** As the API server fills it in: ingress always, egress where there are rules of it. */
function typesOf(spec: YamlMap, reporter: Reporter): readonly string[] {
  const given = itemsOf(spec, 'policyTypes').map((each) => (each.kind === 'scalar' ? each.text : ''));
  const wrong = given.find((each) => each !== 'Ingress' && each !== 'Egress');
  if (wrong !== undefined)
    reporter.report(
      'POLICY_VALUE',
      `\`${wrong}\` is no type of policy`,
      'one of Ingress, Egress',
      spec.span,
      'spec.policyTypes',
    );
  if (given.length > 0) return given;
  return ['Ingress', ...(itemsOf(spec, 'egress').length > 0 ? ['Egress'] : [])];
}

function linesOf(
  spec: YamlMap,
  direction: 'ingress' | 'egress',
  namespace: string,
  cluster: ClusterObjects,
  pods: ClusterObjects['pods'],
  reporter: Reporter,
): readonly object[] {
  const [peerKey, operation] = direction === 'ingress' ? ['from', 'accept'] : ['to', 'connect'];
  return itemsOf(spec, direction).flatMap((rule, at) => {
    const path = `spec.${direction}[${at}]`;
    if (!isSound(rule, [peerKey, 'ports'], reporter, path)) return [];
    if (!areLists(rule, [peerKey, 'ports'], reporter, path)) return [];
    const peers = linePeers(itemsOf(rule, peerKey), namespace, cluster, reporter, `${path}.${peerKey}`);
    const ports = linePorts(itemsOf(rule, 'ports'), pods, reporter, `${path}.ports`);
    if (peers === undefined || ports === undefined) return [];
    return peers.flatMap((who) =>
      ports.map((which) => ({ operation, families: ['ipv4', 'ipv6'], ...who, ...which, comment: path })),
    );
  });
}

/** A list that is written as something else would be read as none: as anybody. */
function areLists(rule: YamlMap, keys: readonly string[], reporter: Reporter, path: string): boolean {
  return keys.every((key) => {
    const value = entryOf(rule, key);
    if (value === undefined || value.kind === 'list') return true;
    reporter.report('POLICY_VALUE_TYPE', `\`${path}.${key}\` must be a list`, '', value.span, path);
    return false;
  });
}
