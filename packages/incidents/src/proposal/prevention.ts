import type { Incident } from '../incident/incident.js';
import { entriesOf } from '../incident/incident.js';
import { policyDocument } from './policy-document.js';
import { denyLine, line, type ProposedLine } from './policy-lines.js';

/**
 * What would have kept it from happening, as a policy in monitor: it denies nothing until it is promoted, which shows what
 * it would have denied. '' where nothing that was seen can be said in a policy.
 */
export function preventionOf(incident: Incident): string {
  if (incident.containers.every(({ id }) => id === '')) return '';
  const lines = [...incident.actions.flatMap((action) => denyLine(action) ?? []), ...flowLines(incident)];
  return policyDocument(incident, lines, {
    name: incident.id,
    description: `What was done in incident ${incident.id}: ${incident.title}`,
    ...{ mode: 'monitor', verdict: 'deny' },
  });
}

/** What network detections say of an address. */
function flowLines(incident: Incident): readonly ProposedLine[] {
  return entriesOf(incident).flatMap(({ source, fields }) => {
    const address = fields['flow.address'];
    if (source !== 'flow' || address === undefined || !/^[0-9a-fA-F.:]+$/.test(address)) return [];
    const port = Number(fields['flow.port']);
    const ports = Number.isInteger(port) && port > 0 && port < 65_536 ? `, ports: [${port}]` : '';
    return [line('network', `{ operation: connect, cidrs: ["${address}"]${ports} }`)];
  });
}
