import { fieldCatalogue } from '@runward/events';

/** What records are kept by, beside their body. */
export type Label =
  | 'kind'
  | 'cluster'
  | 'node'
  | 'namespace'
  | 'workload'
  | 'container'
  | 'rule'
  | 'priority'
  | 'incident';

export interface FilterField {
  readonly name: string;
  readonly type: 'text' | 'number';
  /** A label, or where in the body it is: the first place that has it. */
  readonly from: Label | readonly (readonly string[])[];
  readonly about: string;
}

type Row = readonly [name: string, from: FilterField['from'], about: string, type?: 'number'];

const ROWS: readonly Row[] = [
  ['record.kind', 'kind', 'detection, verdict, incident, response, health, container, gap'],
  ['cluster.name', 'cluster', 'the cluster of the node'],
  ['node.name', 'node', 'the node that told it'],
  ['k8s.ns.name', 'namespace', 'the namespace of the pod'],
  ['workload.name', 'workload', 'the pod, or the container outside Kubernetes'],
  ['container.id', 'container', 'the whole id'],
  ['container.name', [['container', 'name'], ['name']], 'as its runtime calls it'],
  ['container.image', [['container', 'image'], ['image']], 'the image, as it was asked for'],
  ['rule.name', 'rule', 'the rule or the line of a policy that spoke'],
  ['rule.priority', 'priority', 'Emergency to Debug; of an incident its severity'],
  ['incident.id', 'incident', 'the incident it belongs to'],
  ['incident.state', [['state']], 'open, investigating, contained, resolved, false-positive'],
  ['incident.severity', [['severity']], 'low, medium, high, critical'],
  ['incident.title', [['title']], 'what the list shows'],
  ['incident.assignee', [['assignee']], 'who works on it'],
  ['incident.score', [['score']], '0 to 100', 'number'],
  ['incident.count', [['count']], 'detections in it', 'number'],
  ['evt.type', [['event', 'type']], 'the event of a detection'],
  ['evt.source', [['source']], 'syscall, policy, flow'],
  ['evt.output', [['output']], 'the sentence of a detection'],
  ['proc.name', [['process', 'name']], 'the program'],
  ['proc.exepath', [['process', 'exe']], 'the file it was started from'],
  ['proc.pid', [['process', 'pid']], 'its number on the node', 'number'],
  ['user.name', [['process', 'user']], 'who ran it'],
  ['user.uid', [['process', 'uid']], 'who ran it', 'number'],
];

/** Fields of this server; those of rules are known where the output of the rule has them. */
export const FILTER_FIELDS: ReadonlyMap<string, FilterField> = new Map(
  ROWS.map(([name, from, about, type]) => [name, { name, from, about, type: type ?? 'text' }]),
);

const NUMERIC: ReadonlySet<string> = new Set(['int', 'uint', 'double', 'port', 'time', 'duration']);

/** `argument`: what stands in brackets behind the name. */
export function fieldOf(name: string, argument: string | undefined): FilterField | undefined {
  const own = argument === undefined ? FILTER_FIELDS.get(name) : undefined;
  if (own !== undefined) return own;
  const ofRules = fieldCatalogue.get(name);
  if (ofRules === undefined || /["\\]/.test(argument ?? '')) return undefined;
  const key = argument === undefined ? name : `${name}[${argument}]`;
  return {
    ...{ name: key, from: [['output_fields', key]], about: 'of the output of a detection' },
    type: NUMERIC.has(ofRules.type) ? 'number' : 'text',
  };
}
