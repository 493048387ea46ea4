import type { OciSpec } from '../spec/spec.js';
import type { Identity } from './identity.js';

/**
 * Whether a container is the sandbox of a pod, by the annotation its manager gives it. Anybody who starts a container may
 * write annotations: it counts only where that manager itself knew the container.
 */
export const isSandbox = ({ annotations = {} }: OciSpec, { workload, unknown }: Identity): boolean =>
  (workload.runtime === 'containerd' &&
    !unknown.has('digest') &&
    annotations['io.kubernetes.cri.container-type'] === 'sandbox') ||
  (workload.runtime === 'cri-o' && annotations['io.kubernetes.cri-o.ContainerType'] === 'sandbox');
