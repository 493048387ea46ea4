import type { SourceSpan } from '@runward/core';
import { readYaml, type SourceFile, type YamlMap, type YamlNode } from '@runward/yaml';
import type { Reporter } from '../diagnostics/reporter.js';
import { LIMITS } from '../model/limits.js';

/** What of a cluster's objects network policies speak of. */
export interface ClusterObjects {
  readonly networkPolicies: readonly YamlMap[];
  /** Name of each namespace that is given → its labels. */
  readonly namespaces: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly pods: readonly PodObject[];
}

/** A pod, or the template of some. */
export interface PodObject {
  readonly namespace: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly ports: readonly NamedPort[];
}

export interface NamedPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
}

export const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';
export const DEFAULT_NAMESPACE = 'default';
const TEMPLATED = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'];

/** All objects of the files, `kind: List` included. Kinds that say nothing of networks are left out. */
export function readClusterObjects(files: readonly SourceFile[], reporter: Reporter): ClusterObjects {
  const networkPolicies: YamlMap[] = [];
  const namespaces = new Map<string, ReadonlyMap<string, string>>();
  const pods: PodObject[] = [];
  const take = (node: YamlNode): void => {
    if (node.kind !== 'map') {
      reporter.report('POLICY_DOCUMENT', 'a Kubernetes object must be a mapping', '', node.span, '');
      return;
    }
    const kind = textOf(node, 'kind');
    if (kind === 'List' || kind.endsWith('PolicyList')) for (const item of itemsOf(node, 'items')) take(item);
    else if (kind === 'NetworkPolicy') takePolicy(node);
    else if (kind === 'Namespace') {
      const name = textOf(mapOf(node, 'metadata'), 'name');
      namespaces.set(name, new Map([...labelsOf(mapOf(node, 'metadata')), [NAMESPACE_LABEL, name]]));
    } else if (kind === 'Pod') pods.push(podOf(node, namespaceOf(node)));
    else if (TEMPLATED.includes(kind)) {
      const template = mapOf(mapOf(node, 'spec'), 'template');
      if (template !== undefined) pods.push(podOf(template, namespaceOf(node)));
    }
  };
  const takePolicy = (node: YamlMap): void => {
    const version = textOf(node, 'apiVersion');
    if (version === 'networking.k8s.io/v1') networkPolicies.push(node);
    else {
      const message = `\`${version}\` has no NetworkPolicy that can be taken`;
      reporter.report(
        'POLICY_DOCUMENT',
        message,
        'those of `networking.k8s.io/v1` can',
        node.span,
        'apiVersion',
      );
    }
  };
  for (const file of files) {
    if (file.text.length > LIMITS.fileCharacters) {
      const span: SourceSpan = { file: file.name, line: 1, column: 1, endLine: 1, endColumn: 1 };
      const message = `the file has ${file.text.length} characters; the limit is ${LIMITS.fileCharacters}`;
      reporter.report('POLICY_LIMIT', message, 'divide it', span, '');
      continue;
    }
    for (const node of readYaml(file, reporter.yaml)) if (node.kind !== 'scalar' || !node.empty) take(node);
  }
  return { networkPolicies, namespaces, pods };
}

export const namespaceOf = (object: YamlMap): string =>
  textOf(mapOf(object, 'metadata'), 'namespace') || DEFAULT_NAMESPACE;

export const entryOf = (node: YamlMap | undefined, key: string): YamlNode | undefined => {
  const value = node?.entries.get(key)?.value;
  return value?.kind === 'scalar' && value.empty ? undefined : value;
};
export const mapOf = (node: YamlMap | undefined, key: string): YamlMap | undefined => {
  const value = entryOf(node, key);
  return value?.kind === 'map' ? value : undefined;
};
export const itemsOf = (node: YamlMap | undefined, key: string): readonly YamlNode[] => {
  const value = entryOf(node, key);
  return value?.kind === 'list' ? value.items : [];
};
export const textOf = (node: YamlMap | undefined, key: string): string => {
  const value = entryOf(node, key);
  return value?.kind === 'scalar' ? value.text : '';
};

export const labelsOf = (node: YamlMap | undefined, key = 'labels'): ReadonlyMap<string, string> =>
  new Map(
    [...(mapOf(node, key)?.entries ?? [])].flatMap(([name, { value }]) =>
      value.kind === 'scalar' ? [[name, value.text] as const] : [],
    ),
  );

function podOf(node: YamlMap, namespace: string): PodObject {
  const spec = mapOf(node, 'spec');
  const ports = itemsOf(spec, 'containers').flatMap((container) =>
    container.kind === 'map' ? itemsOf(container, 'ports') : [],
  );
  return {
    namespace,
    labels: labelsOf(mapOf(node, 'metadata')),
    ports: ports.flatMap((each) =>
      each.kind === 'map' && textOf(each, 'name') !== ''
        ? [
            {
              name: textOf(each, 'name'),
              port: Number(textOf(each, 'containerPort')),
              protocol: textOf(each, 'protocol') || 'TCP',
            },
          ]
        : [],
    ),
  };
}
