import {
  type Incident,
  isClosed,
  SEVERITIES,
  type Severity,
  STATES,
  type State,
} from '../incident/incident.js';

/** Which incidents are wanted; what is left out is anything. */
export interface IncidentFilter {
  /** Undefined: those that are not closed. */
  readonly states: readonly State[] | undefined;
  readonly all: boolean;
  /** This one and more severe ones. */
  readonly severity: Severity | undefined;
  /** Part of the name of a container, workload, pod or image, or the beginning of an id. */
  readonly where: string | undefined;
  readonly rule: string | undefined;
  /** Key of a tactic. */
  readonly stage: string | undefined;
  /** '' stands for nobody. */
  readonly assignee: string | undefined;
  /** Of the last thing in it. */
  readonly sinceMs: number | undefined;
}

export const NO_FILTER: IncidentFilter = {
  ...{ states: undefined, all: false, severity: undefined, where: undefined, rule: undefined },
  ...{ stage: undefined, assignee: undefined, sinceMs: undefined },
};

export function fits(incident: Incident, filter: IncidentFilter): boolean {
  const { states, all, severity, where, rule, stage, assignee, sinceMs } = filter;
  const isState = states === undefined ? all || !isClosed(incident.state) : states.includes(incident.state);
  return (
    isState &&
    (severity === undefined || SEVERITIES.indexOf(incident.severity) >= SEVERITIES.indexOf(severity)) &&
    (where === undefined || isAt(incident, where)) &&
    (rule === undefined ||
      incident.rules.some((each) => each.rule.toLowerCase().includes(rule.toLowerCase()))) &&
    (stage === undefined || incident.stages.some(({ tactic }) => tactic === stage)) &&
    (assignee === undefined || incident.assignee === assignee) &&
    (sinceMs === undefined || incident.lastMs >= sinceMs)
  );
}

const isAt = ({ containers, workloads }: Incident, where: string): boolean =>
  workloads.some((workload) => workload.includes(where)) ||
  containers.some(
    ({ id, name, image, pod, namespace }) =>
      id.startsWith(where) || [name, image, `${namespace}/${pod}`].some((text) => text.includes(where)),
  );

export const isState = (text: string): text is State => STATES.some((state) => state === text);
export const isSeverity = (text: string): text is Severity =>
  SEVERITIES.some((severity) => severity === text);

/** An incident without what happened in it: a row of a list. */
export type IncidentSummary = Omit<
  Incident,
  'format' | 'timeline' | 'processes' | 'actions' | 'notes' | 'changes' | 'leftOut'
>;

export function summaryOf(incident: Incident): IncidentSummary {
  const { format, timeline, processes, actions, notes, changes, leftOut, ...summary } = incident;
  return summary;
}
