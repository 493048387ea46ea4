/** One end of a flow. */
export interface Endpoint {
  readonly kind: EndpointKind;
  /** What people call it: the container, the first of the names, or the address. */
  readonly name: string;
  /** Empty where several addresses are meant or none is known. */
  readonly address: string;
  readonly container?: ContainerEnd | undefined;
  /** From answers of name servers to the other end, the newest first. */
  readonly names?: readonly string[] | undefined;
  /** Of a backend behind a service: the port it serves at. */
  readonly port?: number | undefined;
  /** The address the client meant, where it was translated on the way to this end. */
  readonly service?: { readonly address: string; readonly port: number } | undefined;
}

/**
 * `container`; `host`: this machine outside containers; `service`: an address that is translated to others, which are
 * none of this machine or several; `external`: any other address.
 */
export type EndpointKind = 'container' | 'host' | 'service' | 'external';

export interface ContainerEnd {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** What its replicas have in common. */
  readonly workload: string;
  /** When it was started, as its runtime knows it; undefined: it does not say. */
  readonly startedMs?: number | undefined;
  readonly pod?: { readonly name: string; readonly namespace: string } | undefined;
}

/** The node of the service map an end belongs to. */
export function nodeOf({ kind, name, container, address }: Endpoint): { id: string; label: string } {
  switch (kind) {
    case 'container':
      return { id: `workload:${container?.workload ?? name}`, label: container?.workload ?? name };
    case 'host':
      // Of several machines each has a name of its own.
      return name === 'host' ? { id: 'host', label: 'host' } : { id: `host:${name}`, label: name };
    default:
      return { id: `${kind}:${name}`, label: name === '' ? address : name };
  }
}

/** Suffixes that a Deployment, a ReplicaSet and a StatefulSet give to the pods they make. */
const POD_SUFFIX = /-(?:(?:[0-9a-f]{6,10}-)?[bcdfghjklmnpqrstvwxz2456789]{5}|\d+)$/;
/** Of a pod, the best first. */
export const NAME_LABELS = ['app.kubernetes.io/name', 'k8s-app', 'app'];

/** What a container and its replicas are called together. */
export function workloadName(
  name: string,
  pod:
    | { readonly name: string; readonly namespace: string; readonly labels: ReadonlyMap<string, string> }
    | undefined,
): string {
  if (pod === undefined) return name;
  const label = NAME_LABELS.map((key) => pod.labels.get(key)).find(
    (value) => value !== undefined && value !== '',
  );
  return `${pod.namespace}/${label ?? pod.name.replace(POD_SUFFIX, '')}`;
}
