import type { FieldSpec } from '../field.js';
import type { PodInfo } from '../model.js';
import type { Owned } from '../view.js';
import { labelList, shortId } from './container.js';
import { key, known, PER_PROCESS, rowsFrom } from './spec.js';
import { unavailableK8sFields } from './unavailable.js';

const runtime = rowsFrom<Owned>("the container runtime's labels and sandbox of the pod");

const fact =
  (of: (pod: PodInfo) => string | undefined) =>
  ({ container }: Owned): string | undefined =>
    container?.pod === undefined ? undefined : known(of(container.pod));

export const k8sFields: readonly FieldSpec<Owned>[] = [
  runtime(
    'k8s.ns.name',
    'string',
    'namespace of the pod',
    fact((p) => p.namespace),
    PER_PROCESS,
  ),
  runtime(
    'k8s.pod.name',
    'string',
    'name of the pod',
    fact((p) => p.name),
    PER_PROCESS,
  ),
  runtime(
    'k8s.pod.uid',
    'string',
    'uid of the pod',
    fact((p) => p.uid),
    PER_PROCESS,
  ),
  runtime(
    'k8s.pod.id',
    'string',
    'older name of `k8s.pod.uid`',
    fact((p) => p.uid),
    PER_PROCESS,
  ),
  runtime(
    'k8s.pod.sandbox_id',
    'string',
    'first 12 characters of the id of the pod sandbox',
    fact((p) => shortId(p.sandboxId)),
    PER_PROCESS,
  ),
  runtime(
    'k8s.pod.full_sandbox_id',
    'string',
    'id of the pod sandbox',
    fact((p) => p.sandboxId),
    PER_PROCESS,
  ),
  runtime(
    'k8s.pod.ip',
    'string',
    'address of the pod',
    fact((p) => p.ip),
    PER_PROCESS,
  ),
  runtime(
    'k8s.pod.label',
    'string',
    'value of a label of the pod',
    ({ container }, name) => container?.pod?.labels.get(String(name)),
    {
      perProcess: true,
      argument: key(true, 'name of the label'),
    },
  ),
  runtime(
    'k8s.pod.labels',
    'string',
    'all labels of the pod, `name:value` separated by commas',
    fact((p) => labelList(p.labels)),
    PER_PROCESS,
  ),
  runtime(
    'k8s.pod.cni.json',
    'string',
    'result of the network plugins of the pod, as JSON',
    fact((p) => p.cni ?? ''),
    PER_PROCESS,
  ),
  ...unavailableK8sFields,
];
