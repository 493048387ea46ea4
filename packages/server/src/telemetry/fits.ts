import { inBody, matches, type Reading } from '../filter/index.js';
import type { StoredRecord, TelemetryFilter, Within } from './telemetry.js';

type Labels = Omit<StoredRecord, 'body'>;

const isOneOf = (wanted: readonly string[] | undefined, value: string): boolean =>
  wanted === undefined || wanted.includes(value);

const lies = ({ cluster, namespace, workload }: Within, record: Labels): boolean =>
  (cluster === '*' || cluster === record.cluster) &&
  (namespace === '*' || namespace === record.namespace) &&
  (workload === '*' || workload === record.workload);

const readingOf =
  (record: StoredRecord): Reading =>
  ({ from }) =>
    typeof from === 'string' ? record[from] : inBody(record.body, from);

/** Whether a record is what a filter asks for: what stores say in their own language, for what was just stored. */
export const fits = (filter: TelemetryFilter, record: StoredRecord): boolean =>
  (filter.fromMs === undefined || record.timeMs >= filter.fromMs) &&
  (filter.toMs === undefined || record.timeMs < filter.toMs) &&
  isOneOf(filter.kinds, record.kind) &&
  isOneOf(filter.clusters, record.cluster) &&
  isOneOf(filter.nodes, record.node) &&
  isOneOf(filter.namespaces, record.namespace) &&
  isOneOf(filter.workloads, record.workload) &&
  isOneOf(filter.containers, record.container) &&
  isOneOf(filter.rules, record.rule) &&
  isOneOf(filter.priorities, record.priority) &&
  isOneOf(filter.incidents, record.incident) &&
  (filter.condition === undefined || matches(filter.condition, readingOf(record))) &&
  (filter.within === undefined || filter.within.some((scope) => lies(scope, record)));
