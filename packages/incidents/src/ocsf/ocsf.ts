import { type Tactic, tacticInfo } from '@runward/core';
import type { Priority } from '@runward/rules';
import {
  entriesOf,
  type Incident,
  type InvolvedProcess,
  isClosed,
  type Severity,
  type State,
  type TimelineEntry,
} from '../incident/incident.js';

/**
 * Incidents in the Open Cybersecurity Schema Framework (schema.ocsf.io), version 1.4: class Incident Finding (2005) for the
 * whole, Detection Finding (2004) for each entry of its time line, with the profile Container.
 */
const SCHEMA = '1.4.0';
const FINDINGS = { category_uid: 2, category_name: 'Findings' } as const;
const [DETECTION, INCIDENT] = [2004, 2005];
const ACTIVITY = { create: 1, update: 2, close: 3 } as const;

export interface OcsfProducer {
  readonly name: string;
  readonly version: string;
}

export type OcsfEvent = Readonly<Record<string, unknown>>;

const SEVERITY: Readonly<Record<Severity, readonly [number, string]>> = {
  low: [2, 'Low'],
  medium: [3, 'Medium'],
  high: [4, 'High'],
  critical: [5, 'Critical'],
};

const OF_PRIORITY: Readonly<Record<Priority, readonly [number, string]>> = {
  Debug: [1, 'Informational'],
  Informational: [1, 'Informational'],
  Notice: [2, 'Low'],
  Warning: [3, 'Medium'],
  Error: [4, 'High'],
  Critical: [5, 'Critical'],
  Alert: [5, 'Critical'],
  Emergency: [6, 'Fatal'],
};

const STATUS: Readonly<Record<State, readonly [number, string]>> = {
  open: [1, 'New'],
  investigating: [2, 'In Progress'],
  contained: [2, 'In Progress'],
  resolved: [4, 'Resolved'],
  'false-positive': [5, 'Closed'],
};

export function incidentFinding(incident: Incident, producer: OcsfProducer, nowMs: number): OcsfEvent {
  const { id, title, state, severity, score, assignee, firstMs, lastMs, rules, stages, techniques } =
    incident;
  const activity = isClosed(state) ? 'close' : incident.changes.length > 1 ? 'update' : 'create';
  const last = incident.changes.findLast(({ what }) => what === 'state');
  return {
    ...FINDINGS,
    ...classOf(INCIDENT, 'Incident Finding', activity),
    ...numbered('severity', SEVERITY[severity]),
    ...numbered('status', STATUS[state]),
    ...{
      time: nowMs,
      start_time: firstMs,
      end_time: lastMs,
      count: incident.count,
      desc: title,
      message: title,
    },
    ...(assignee === '' ? { assignee_group: { name: 'unassigned' } } : { assignee: { name: assignee } }),
    ...(state === 'false-positive' ? { verdict_id: 1, verdict: 'False Positive' } : {}),
    ...(last === undefined || last.why === '' ? {} : { comment: last.why }),
    impact_score: score,
    attacks: attacksOf(
      stages.map(({ tactic }) => tactic),
      techniques,
    ),
    finding_info_list: rules.map((rule, i) => ({
      ...{
        uid: `${id}/rule-${i + 1}`,
        title: rule.rule,
        types: [rule.source],
        related_events_count: rule.count,
      },
      ...{ first_seen_time: rule.firstMs, last_seen_time: rule.lastMs, product: productOf(producer) },
    })),
    metadata: metadataOf(producer, id),
  };
}

/** In the order of time. */
export function detectionFindings(incident: Incident, producer: OcsfProducer): readonly OcsfEvent[] {
  return entriesOf(incident).map((entry, i) => {
    const uid = `${incident.id}/entry-${i + 1}`;
    const container = incident.containers.find(({ id }) => id === entry.container);
    return {
      ...FINDINGS,
      ...classOf(DETECTION, 'Detection Finding', 'create'),
      ...numbered('severity', OF_PRIORITY[entry.priority]),
      ...numbered('status', STATUS[incident.state]),
      ...{ time: entry.timeMs, start_time: entry.timeMs, end_time: entry.lastMs, count: entry.count },
      ...{ message: entry.output, is_alert: true },
      finding_info: {
        ...{ uid, title: entry.rule, desc: entry.output, types: [entry.source], created_time: entry.timeMs },
        ...{ attacks: attacksOf(entry.tactics, entry.techniques), analytic: analyticOf(entry) },
        related_events: [
          { uid: incident.id, type: 'Incident Finding', type_uid: INCIDENT * 100 + ACTIVITY.create },
        ],
      },
      ...evidencesOf(entry, incident),
      resources: [
        container === undefined || container.id === ''
          ? { name: incident.hostname, type: 'host' }
          : { uid: container.id, name: container.name, type: 'container', labels: [container.workload] },
      ],
      metadata: metadataOf(producer, uid),
    };
  });
}

const classOf = (uid: number, name: string, activity: keyof typeof ACTIVITY): OcsfEvent => ({
  ...{ class_uid: uid, class_name: name, activity_id: ACTIVITY[activity] },
  ...{
    activity_name: `${activity.slice(0, 1).toUpperCase()}${activity.slice(1)}`,
    type_uid: uid * 100 + ACTIVITY[activity],
  },
});

const numbered = (key: string, [id, text]: readonly [number, string]): OcsfEvent => ({
  [`${key}_id`]: id,
  [key]: text,
});

const productOf = ({ name, version }: OcsfProducer): OcsfEvent => ({ name, vendor_name: name, version });

const metadataOf = (producer: OcsfProducer, uid: string): OcsfEvent => ({
  ...{ version: SCHEMA, uid, product: productOf(producer), profiles: ['container'] },
});

/** Rule: type 1 of the analytic object. */
const analyticOf = ({ rule, source }: TimelineEntry): OcsfEvent => ({
  ...{ name: rule, type_id: 1, type: 'Rule', category: source },
});

/** Which technique belongs to which tactic the tags do not say, so each stands by itself. */
const attacksOf = (tactics: readonly Tactic[], techniques: readonly string[]): readonly OcsfEvent[] => [
  ...tactics.map((tactic) => ({
    tactic: { uid: tacticInfo(tactic)?.id ?? '', name: tacticInfo(tactic)?.name ?? tactic },
  })),
  ...techniques.map((uid) =>
    uid.includes('.')
      ? { technique: { uid: uid.slice(0, uid.indexOf('.')) }, sub_technique: { uid } }
      : { technique: { uid } },
  ),
];

function evidencesOf(
  { process: key, fields }: TimelineEntry,
  { processes, containers }: Incident,
): OcsfEvent {
  const process = processes.find((each) => each.key === key);
  const data = JSON.stringify(fields);
  if (process === undefined) return { evidences: [{ data }] };
  const parent = processes.find((each) => each.key === process.parent);
  const container = containers.find(({ id }) => id !== '' && id === process.container);
  const shown = {
    ...processOf(process),
    ...(parent === undefined ? {} : { parent_process: processOf(parent) }),
    ...(container === undefined
      ? {}
      : {
          container: {
            ...{ uid: container.id, name: container.name, runtime: container.runtime },
            image: { uid: container.imageDigest || container.image || 'unknown', name: container.image },
          },
        }),
  };
  return { evidences: [{ process: shown, data }] };
}

/** A regular file: type 1 of the file object. */
const processOf = ({ pid, name, exe, command, user, uid }: InvolvedProcess): OcsfEvent => ({
  ...{ pid, name, cmd_line: command },
  file: { path: exe, name: exe.slice(exe.lastIndexOf('/') + 1), type_id: 1 },
  user: { uid: String(uid), ...(user === '' ? {} : { name: user }) },
});
