import { entriesOf, type Incident } from '../incident/incident.js';
import { flowList } from './yaml.js';

/** Exceptions for what network detections said, for the file of `--network-settings`; '' where they said nothing. */
export function networkException(incident: Incident): string {
  const rows = new Map<string, string>();
  for (const { source, fields, container } of entriesOf(incident)) {
    const detector = fields['flow.detector'];
    if (source !== 'flow' || detector === undefined) continue;
    const workload = incident.containers.find(({ id }) => id === container)?.workload ?? '';
    const address = fields['flow.address'] ?? '';
    const port = fields['flow.port'] ?? '';
    const isAddress = /^[0-9a-fA-F.:]+$/.test(address);
    const parts = [
      `  - detectors: [${detector}]`,
      ...(workload === '' ? [] : [`    workloads: ${flowList([workload.replace(/[\\*?[\]{},]/g, '\\$&')])}`]),
      ...(isAddress ? [`    networks: ${flowList([address])}`] : []),
      ...(/^\d+$/.test(port) && Number(port) > 0 ? [`    ports: [${port}]`] : []),
    ];
    rows.set(parts.join('\n'), parts.join('\n'));
  }
  return rows.size === 0 ? '' : `exceptions:\n${[...rows.values()].join('\n')}\n`;
}
