import type { Detection } from '@runward/detect';
import { parseFilter } from '@runward/flows';
import { Analyst, type FlowFinding, type Settings } from '@runward/flows/analyse';
import { describeFinding } from './describe-finding.js';
import type { FlowService } from './flow-service.js';

/** Looks at the flows of containers as they change, and hands on what stands out. Returns what ends it. */
export function watchFlows(
  service: Pick<FlowService, 'follow' | 'followLookUps'>,
  hostname: string,
  take: (detections: readonly Detection[]) => void,
  settings?: Settings,
): () => void {
  const analyst = new Analyst(settings);
  const everything = parseFilter('');
  if (everything.kind !== 'filter') throw new TypeError('an empty filter is one');
  const tell = (found: readonly FlowFinding[]): void => {
    if (found.length > 0) take(found.map((finding) => describeFinding(finding, hostname)));
  };
  const ends = [
    service.follow(everything.filter, (flows) => tell(analyst.take(flows, Date.now()))),
    service.followLookUps((lookUps) => tell(analyst.takeLookUps(lookUps, Date.now()))),
  ];
  return () => {
    for (const end of ends) end();
  };
}
