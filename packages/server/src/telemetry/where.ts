import { ServerError } from '../error.js';
import { isOfLabels, onLabels } from '../filter/index.js';
import { conditionText } from './condition-sql.js';
import type { Place } from './cursor.js';
import type { TelemetryFilter, Within } from './telemetry.js';

const COLUMNS = {
  kinds: 'kind',
  clusters: 'cluster',
  nodes: 'node',
  namespaces: 'namespace',
  workloads: 'workload',
  containers: 'container',
  rules: 'rule',
  priorities: 'priority',
  incidents: 'incident',
} as const satisfies Partial<Record<keyof TelemetryFilter, string>>;

const NAMES = Object.keys(COLUMNS) as readonly (keyof typeof COLUMNS)[]; // its own keys

export interface Where {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

/** Which rows: `labels` of which what stands in bodies is still to be looked at, `whole` of a table that has bodies in its rows. */
export type Reach = 'labels' | 'whole';

/** The same of questions that look at no bodies. @throws ServerError SERVER_INVALID for a filter that asks of them */
export function exactWhereOf(filter: TelemetryFilter): Where {
  if (filter.condition !== undefined && !isOfLabels(filter.condition))
    throw new ServerError(
      'SERVER_INVALID',
      'the filter asks of what is in bodies, and those are not counted by',
      {
        help: 'filter by labels: record.kind, cluster.name, node.name, k8s.ns.name, workload.name, container.id, rule.name, rule.priority, incident.id',
        faults: [{ at: 'query.filter', message: 'asks of what is in bodies' }],
      },
    );
  return whereOf(filter);
}

/** A filter as a condition. What was asked stands in values, never in the text. */
export function whereOf(filter: TelemetryFilter, behind?: Place, reach: Reach = 'labels'): Where {
  const parts: string[] = [];
  const values: (string | number)[] = [];
  const put = (value: string | number): string => `$${values.push(value)}`;
  if (filter.fromMs !== undefined) parts.push(`time >= ${put(filter.fromMs)}`);
  if (filter.toMs !== undefined) parts.push(`time < ${put(filter.toMs)}`);
  for (const name of NAMES) {
    const wanted = filter[name];
    if (wanted !== undefined)
      parts.push(wanted.length === 0 ? 'false' : `${COLUMNS[name]} IN (${wanted.map(put).join(', ')})`);
  }
  if (filter.condition !== undefined)
    parts.push(conditionText(reach === 'whole' ? filter.condition : onLabels(filter.condition), put));
  if (filter.within !== undefined) parts.push(scopesText(filter.within, put));
  if (behind !== undefined) {
    // The first part alone lets the store skip what is later.
    const time = put(behind.timeMs);
    parts.push(`time <= ${time} AND (time < ${time} OR position < ${put(behind.position)})`);
  }
  return { text: parts.length === 0 ? 'true' : parts.join(' AND '), values };
}

function scopesText(within: readonly Within[], put: (value: string) => string): string {
  const scopes = within.map(({ cluster, namespace, workload }) => {
    const wanted = Object.entries({ cluster, namespace, workload }).filter(([, value]) => value !== '*');
    return wanted.length === 0
      ? 'true'
      : wanted.map(([column, value]) => `${column} = ${put(value)}`).join(' AND ');
  });
  return scopes.length === 0 ? 'false' : `(${scopes.map((scope) => `(${scope})`).join(' OR ')})`;
}
