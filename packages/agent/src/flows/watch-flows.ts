import type { Detection } from '@runward/detect';
import { parseFilter } from '@runward/flows';
import { Analyst, type Settings } from '@runward/flows/analyse';
import { describeFinding } from './describe-finding.js';
import type { FlowService } from './flow-service.js';

/** Looks at the flows of containers as they change, and hands on what stands out. Returns what ends it. */
export function watchFlows(
  service: Pick<FlowService, 'follow'>,
  hostname: string,
  take: (detections: readonly Detection[]) => void,
  settings?: Settings,
): () => void {
  const analyst = new Analyst(settings);
  const everything = parseFilter('');
  if (everything.kind !== 'filter') throw new TypeError('an empty filter is one');
  return service.follow(everything.filter, (flows) => {
    const found = analyst.take(flows, Date.now());
    if (found.length > 0) take(found.map((finding) => describeFinding(finding, hostname)));
  });
}
