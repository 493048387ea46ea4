import type { FieldArgument, FieldSpec, FieldType } from '../field.js';
import { key, rowsFrom } from './spec.js';

/** Fields of the language that nothing here can give, and why. */
const missing =
  (why: string) =>
  (name: string, type: FieldType, doc: string, argument?: FieldArgument): FieldSpec<unknown> => ({
    ...rowsFrom<unknown>(`not available: ${why}`)(name, type, doc, () => undefined, argument && { argument }),
    unavailable: why,
  });

const entered = missing('an event stands for a finished call; when it began is not recorded');
const waiting = missing('calls that wait, such as sleep, select and poll, are not observed');
const plugins = missing('there are no plugins that make events');
const scheduler = missing('events of the scheduler are not observed');
const cluster = missing('it would have to be asked of the Kubernetes API, to which the agent does not talk');

const KINDS = [
  ['rc', 'replication controller'],
  ['rs', 'replica set'],
  ['svc', 'services'],
  ['deployment', 'deployment'],
] as const;

export const unavailableEvtFields: readonly FieldSpec[] = [
  entered('evt.latency', 'duration', 'nanoseconds from the beginning of a call to its end'),
  entered('evt.latency.s', 'uint', 'whole seconds of `evt.latency`'),
  entered('evt.latency.ns', 'uint', 'nanoseconds past the whole second of `evt.latency`'),
  entered('evt.latency.quantized', 'uint', 'logarithm of `evt.latency`'),
  entered('evt.latency.human', 'string', '`evt.latency` for people'),
  waiting('evt.is_wait', 'bool', 'the call makes the thread wait'),
  waiting('evt.wait_latency', 'duration', 'nanoseconds a call waited'),
  plugins('evt.pluginname', 'string', 'plugin that made the event'),
  plugins('evt.plugininfo', 'string', 'summary of an event of a plugin'),
  plugins('evt.asynctype', 'string', 'type of an asynchronous event'),
];

export const unavailableThreadFields: readonly FieldSpec[] = [
  scheduler('thread.exectime', 'duration', 'nanoseconds the thread that was scheduled last had run'),
  scheduler('thread.totexectime', 'duration', 'nanoseconds the thread ran since the agent started'),
  scheduler('thread.cpu', 'double', 'part of the last second the thread ran'),
  scheduler('thread.cpu.user', 'double', 'part of the last second the thread ran, in user space'),
  scheduler('thread.cpu.system', 'double', 'part of the last second the thread ran, in the kernel'),
];

export const unavailableK8sFields: readonly FieldSpec<unknown>[] = [
  cluster('k8s.ns.id', 'string', 'uid of the namespace'),
  cluster('k8s.ns.label', 'string', 'value of a label of the namespace', key(true, 'name of the label')),
  cluster('k8s.ns.labels', 'string', 'all labels of the namespace'),
  ...KINDS.flatMap(([kind, what]) => [
    cluster(`k8s.${kind}.name`, 'string', `name of the ${what} of the pod`),
    cluster(`k8s.${kind}.id`, 'string', `uid of the ${what} of the pod`),
    cluster(`k8s.${kind}.label`, 'string', `value of a label of the ${what}`, key(true, 'name of the label')),
    cluster(`k8s.${kind}.labels`, 'string', `all labels of the ${what}`),
  ]),
];
