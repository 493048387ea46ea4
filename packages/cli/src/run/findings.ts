import type { Detection, EvidenceHost } from '@runward/agent';
import { DetectionHub } from '@runward/agent/detection-hub';
import type { IncidentService } from '@runward/agent/incidents';
import type { OwnEars } from '@runward/agent/own-rules';
import type { RespondHost } from '@runward/agent/respond';
import type { OutputSession } from '../output-session.js';
import type { ServerSession } from './server-session.js';

/** Detections that wait until incidents are read from the disk, and playbooks are there. */
const MOST_EARLY = 20_000;

export interface FindingsOptions {
  readonly evidence: EvidenceHost;
  readonly outputs: OutputSession | undefined;
  readonly server: Pick<ServerSession, 'detections'> | undefined;
  /** Resolves when what was printed is read. */
  readonly print: (detections: readonly Detection[]) => Promise<void> | undefined;
  readonly say: (message: string) => void;
  /** Hears everything first, and keeps what is only for the agent itself. */
  readonly ears: Pick<OwnEars, 'take'>;
}

/**
 * What was detected, on its way: to who follows and to playbooks at once; to incidents, which name themselves in it; on
 * record, to other systems and the server, and to standard output, whose reader is waited for.
 */
export class Findings {
  /** For tools that follow it. */
  readonly hub = new DetectionHub();
  readonly #options: FindingsOptions;
  #respond: Pick<RespondHost, 'take'> | undefined;
  #incidents: Pick<IncidentService, 'take'> | undefined;
  #early: Detection[] = [];
  #unanswered: Detection[] = [];

  constructor(options: FindingsOptions) {
    this.#options = options;
  }

  readonly take = (all: readonly Detection[]): Promise<void> | undefined => {
    const { evidence, outputs, server, print, ears } = this.#options;
    const items = ears.take(all);
    if (items.length === 0) return undefined;
    this.hub.publish(items);
    if (this.#incidents === undefined && this.#early.length < MOST_EARLY) this.#early.push(...items);
    if (this.#respond !== undefined) this.#respond.take(items);
    else if (this.#unanswered.length < MOST_EARLY) this.#unanswered.push(...items);
    const told = this.#incidents?.take(items) ?? items;
    evidence.detections(told);
    outputs?.write(told);
    server?.detections(told);
    return print(told);
  };

  /** What came before them is shown to the playbooks as well. */
  respondBy(respond: Pick<RespondHost, 'take'>): void {
    respond.take(this.#unanswered.splice(0));
    this.#respond = respond;
  }

  /** What was told before they were loaded is in them all the same. */
  gatherIn(incidents: Pick<IncidentService, 'take'>): void {
    const { length } = this.#early;
    if (length >= MOST_EARLY)
      this.#options.say(`of the first detections ${length} are in incidents; those after them are not`);
    incidents.take(this.#early.splice(0));
    this.#incidents = incidents;
  }
}
