import { tacticInfo } from '@runward/core';
import type { Incident, IncidentSummary, Severity } from '@runward/incidents';
import { spanText } from '../isolation-text.js';
import { type Colour, type Paint, table, visible } from '../terminal.js';

const HEAD = ['ID', 'STATE', 'SEVERITY', 'LAST', 'COUNT', 'STAGES', 'WHERE', 'ASSIGNEE'];

export const SEVERITY_COLOUR: Readonly<Record<Severity, Colour>> = {
  low: 'dim',
  medium: 'cyan',
  high: 'yellow',
  critical: 'red',
};

export const stagesText = ({ stages }: Pick<Incident, 'stages'>): string =>
  stages.length === 0 ? '-' : stages.map(({ tactic }) => tacticInfo(tactic)?.name ?? tactic).join(', ');

export function whereText({ workloads, containers }: Pick<Incident, 'workloads' | 'containers'>): string {
  const [first = '', ...others] = workloads;
  const many = containers.length > 1 ? ` (${containers.length} containers)` : '';
  return visible(`${first}${others.length > 0 ? ` and ${others.length} more` : ''}${many}`);
}

export function incidentsTable(incidents: readonly IncidentSummary[], nowMs: number): string {
  const rows = incidents.map((incident) => [
    incident.id,
    incident.state,
    `${incident.severity} ${incident.score}`,
    `${spanText(nowMs - incident.lastMs)} ago`,
    String(incident.count),
    stagesText(incident),
    whereText(incident),
    incident.assignee === '' ? '-' : visible(incident.assignee),
  ]);
  return table([HEAD, ...rows]);
}

const NEWS: Readonly<Record<string, string>> = { counted: 'more', changed: 'changed', grew: 'grew' };

export function incidentLine(news: string, incident: IncidentSummary, paint: Paint): string {
  const time = new Date(incident.lastMs).toISOString().slice(11, 19);
  const severity = paint(
    SEVERITY_COLOUR[incident.severity],
    `${incident.severity} ${incident.score}`.padEnd(12),
  );
  return `${paint('dim', time)} ${incident.id} ${(NEWS[news] ?? news).padEnd(8)} ${severity} ${incident.state}  ${visible(incident.title)}`;
}

/** After a change: what it is now. */
export function changedText(answer: unknown): string {
  const { id, state, severity, assignee, title } = answer as Incident; // the agent's own route
  const whose = assignee === '' ? '' : `, assigned to ${visible(assignee)}`;
  return `${id} is ${state} (${severity}${whose}): ${visible(title)}`;
}
