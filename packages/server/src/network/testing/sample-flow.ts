import type { FlowBody, FlowEnd, FlowSum } from '@runward/protocol';
import type { RecordedFlow } from '../recorded-flow.js';

/** The end of a container in a pod of the namespace, or outside Kubernetes. */
export function containerAt(name: string, address: string, namespace?: string): FlowEnd {
  const labels = { app: name };
  return {
    ...{ kind: 'container', name, names: [], addresses: [address], more: 0 },
    container: {
      ...{ id: `${name}-id`, name, runtime: 'containerd', image: `shop/${name}:1` },
      ...{ imageRepository: `shop/${name}`, imageDigest: '', labels: {} },
      workload: namespace === undefined ? name : `${namespace}/${name}`,
      pod: namespace === undefined ? null : { name: `${name}-1`, namespace, labels },
    },
  };
}

export const outside = (address: string, ...names: readonly string[]): FlowEnd => ({
  ...{
    kind: 'external',
    name: names[0] ?? address,
    names: [...names],
    addresses: [address],
    more: 0,
    container: null,
  },
});

export const flowBody = (change: Partial<FlowBody> = {}): FlowBody => ({
  ...{ fromMs: 0, toMs: 60_000, role: 'client', protocol: 'tcp', port: 5432, services: [], open: 0 },
  ...{ self: containerAt('web', '10.0.0.1', 'shop'), peer: containerAt('db', '10.0.0.2', 'shop') },
  ...{ mode: 'none', sums: {}, ...change },
});

export function recordedFlow(
  body: Partial<FlowBody> = {},
  sums: Partial<Record<FlowSum, number>> = {},
  change: Partial<RecordedFlow> = {},
): RecordedFlow {
  const whole = flowBody(body);
  return {
    ...{ cluster: 'main', node: 'node-1', body: whole, firstMs: 1000, lastMs: 60_000 },
    namespace: whole.self.container?.pod?.namespace ?? '',
    workload: whole.self.container?.pod?.name ?? whole.self.name,
    sums: {
      ...{ connections: 1, failures: 0, refused: 0, timedOut: 0, unreachable: 0, resets: 0, bytesOut: 0 },
      ...{ bytesIn: 0, allowed: 0, denied: 0, wouldDeny: 0, ...sums },
    },
    ...change,
  };
}
