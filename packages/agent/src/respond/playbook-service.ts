import type { Detection } from '@runward/detect';
import type { ContainerInfo } from '@runward/events';
import { isInForce, type Responder, type Subject } from '@runward/respond';
import { type FoundContainer, type Playbook, replicasOf } from '@runward/respond/playbooks';
import { findingOf, foundContainer } from './finding.js';
import { type PlaybookDecision, PlaybookDesk, type QuickThread } from './playbook-desk.js';

export interface PlaybookServiceOptions {
  readonly playbooks: readonly Playbook[];
  readonly responder: Responder;
  /** By its full id, when its processes are not known. */
  readonly find: (id: string) => Promise<Subject | undefined>;
  readonly onDecision: (decision: PlaybookDecision) => void;
  readonly say: (message: string) => void;
  readonly quick: QuickThread | undefined;
}

const MOST_KNOWN = 8192;
/** The process ended, or is about to: its container may go on. */
const GONE = new Set(['RESPOND_VANISHED', 'RESPOND_NO_GROUP']);

const subjectOf = (container: FoundContainer, pid: number): Subject => ({
  ...{ id: container.id, name: container.name, runtime: container.runtime, pids: [pid] },
  pod: container.pod === undefined ? '' : `${container.pod.namespace}/${container.podName}`,
});

/** Playbooks in an agent: what containers are, which detections there were, and who acts. */
export class PlaybookService {
  readonly desk: PlaybookDesk;
  readonly #known = new Map<string, ContainerInfo>();
  readonly #responder: Responder;

  constructor(options: PlaybookServiceOptions) {
    const { responder, find, playbooks, onDecision, say, quick } = options;
    this.#responder = responder;
    this.desk = new PlaybookDesk({
      ...{ playbooks, onDecision, say, quick },
      replicas: (workload, except) => this.#replicas(workload, except),
      noted: (order, { container, pid }, by, why, { beganAtMs, tookMs, pids, error }) =>
        responder.noted(
          { subject: subjectOf(container, pid), order, by, why },
          {
            ...{ beganAt: new Date(beganAtMs).toISOString(), tookMs },
            facts: { pids, how: 'stopped', pending: false },
            ...(error && { error }),
          },
        ),
      act: async (order, { container, pid }, by, why) => {
        const subject = subjectOf(container, pid);
        // The process of the detection leads to the container's groups at once, unless it has ended.
        const record = await responder.respond({ subject, order, by, why });
        if (!GONE.has(record.error?.code ?? '') || order.action === 'kill-process') return record;
        const found = await find(container.id);
        return found === undefined ? record : responder.respond({ subject: found, order, by, why });
      },
    });
  }

  met(info: ContainerInfo): void {
    this.#known.delete(info.id);
    this.#known.set(info.id, info);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }

  ended(id: string): void {
    this.#known.delete(id);
  }

  take(detections: readonly Detection[]): void {
    for (const detection of detections) {
      const finding = findingOf(detection, this.#known.get(detection.container?.id ?? ''));
      if (finding !== undefined) void this.desk.take(finding);
    }
  }

  /** Others of the workload that run here and that nothing was done to. */
  #replicas(workload: string, except: string): number {
    const touched = new Set(this.#responder.records.filter(isInForce).map(({ target }) => target.id));
    const others = [...this.#known.values()]
      .map(foundContainer)
      .filter(({ id }) => id !== except && !touched.has(id));
    return others.filter((each: FoundContainer) => replicasOf(each) === workload).length;
  }
}
