/** Paths of the objects responses are about, below the address of the server. */
const part = encodeURIComponent;

export const podPath = (namespace: string, name: string): string =>
  `/api/v1/namespaces/${part(namespace)}/pods/${part(name)}`;
export const nodePath = (name: string): string => `/api/v1/nodes/${part(name)}`;
export const secretPath = (namespace: string, name: string): string =>
  `/api/v1/namespaces/${part(namespace)}/secrets/${part(name)}`;
export const networkPoliciesPath = (namespace: string): string =>
  `/apis/networking.k8s.io/v1/namespaces/${part(namespace)}/networkpolicies`;

const WORKLOADS: Readonly<Record<string, string>> = {
  Deployment: 'deployments',
  ReplicaSet: 'replicasets',
  StatefulSet: 'statefulsets',
};

/** undefined: nothing that has replicas. */
export function workloadPath(namespace: string, kind: string, name: string): string | undefined {
  const resource = WORKLOADS[kind];
  return resource && `/apis/apps/v1/namespaces/${part(namespace)}/${resource}/${part(name)}`;
}
