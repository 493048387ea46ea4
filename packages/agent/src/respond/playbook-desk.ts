import { randomUUID } from 'node:crypto';
import { type Asker, type Order, PASSING, type ResponseRecord, unknownId } from '@runward/respond';
import {
  type Finding,
  isQuick,
  type Playbook,
  PlaybookEngine,
  type Verdict,
} from '@runward/respond/playbooks';

import type { QuickKill, QuickVerdict } from './quick-response.js';

/** What became of a verdict of a playbook. */
export interface PlaybookDecision {
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly playbook: string;
  readonly rule: string;
  readonly container: { readonly id: string; readonly name: string; readonly pod: string };
  readonly outcome: 'acted' | 'asked' | 'approved' | 'refused' | 'expired' | 'dry-run' | 'held' | 'breaker';
  readonly why: string;
  readonly actions: readonly string[];
  /** Of asked: until when an answer counts. */
  readonly until?: string;
  /** Ids of the responses that were made. */
  readonly responses?: readonly string[];
  /** Who approved or refused. */
  readonly who?: unknown;
}

export interface PlaybookDeskOptions {
  readonly playbooks: readonly Playbook[];
  /** Does one order to the container of the finding. */
  readonly act: (order: Order, finding: Finding, by: Asker, why: string) => Promise<ResponseRecord>;
  /** Records what the sensor's thread did. */
  readonly noted: (
    order: Order,
    finding: Finding,
    by: Asker,
    why: string,
    killed: QuickKill,
  ) => ResponseRecord;
  /** The sensor's thread, which judges some of them; undefined: none. */
  readonly quick: QuickThread | undefined;
  readonly replicas: (workload: string, except: string) => number | undefined;
  readonly onDecision: (decision: PlaybookDecision) => void;
  readonly say: (message: string) => void;
  readonly now?: () => number;
  /** Between tries of what may pass. */
  readonly pausesMs?: readonly number[];
}

export interface PlaybookStatus {
  readonly playbooks: readonly { readonly name: string; readonly mode: string }[];
  /** Waiting for somebody to say yes or no. */
  readonly pending: readonly PlaybookDecision[];
  /** The last ones; the newest first. */
  readonly decisions: readonly PlaybookDecision[];
  /** Rules that are not responded to, and until when. */
  readonly open: readonly { readonly rule: string; readonly until: string }[];
}

export interface QuickThread {
  respondQuickly(playbooks: readonly Playbook[]): void;
  resumeRule(rule: string): void;
}

const MOST_KEPT = 200;
const MOST_PENDING = 1000;
const PAUSES_MS = [1_000, 5_000];

interface Pending {
  readonly decision: PlaybookDecision;
  readonly verdict: Verdict;
  readonly timer: NodeJS.Timeout;
}

/** Playbooks at work: judges detections, does what is due, and asks people where a playbook wants that. */
export class PlaybookDesk {
  readonly #options: PlaybookDeskOptions;
  readonly #engine: PlaybookEngine;
  readonly #now: () => number;
  readonly #pending = new Map<string, Pending>();
  #decisions: readonly PlaybookDecision[] = [];
  #quick: readonly Playbook[] = [];
  #quickOpen: QuickVerdict['open'] = [];

  constructor(options: PlaybookDeskOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#engine = new PlaybookEngine([], { replicas: options.replicas });
    this.replace(options.playbooks);
  }

  /** Other playbooks from now on. What waits for an answer goes on waiting. */
  replace(playbooks: readonly Playbook[]): void {
    const { quick } = this.#options;
    this.#quick = quick === undefined ? [] : playbooks.filter(isQuick);
    quick?.respondQuickly(this.#quick);
    this.#engine.replace(playbooks.filter((playbook) => !this.#quick.includes(playbook)));
  }

  /** Never rejects; resolves when all that was due at once is done. */
  async take(finding: Finding): Promise<void> {
    await Promise.all(this.#engine.judge(finding).map((verdict) => this.#take(verdict)));
  }

  async #take(verdict: Verdict): Promise<void> {
    switch (verdict.outcome) {
      case 'act':
        await this.#act(verdict);
        return;
      case 'ask':
        this.#ask(verdict);
        return;
      default:
        this.#decide(verdict, verdict.outcome, verdict.why);
    }
  }

  async #act(
    verdict: Verdict,
    who?: unknown,
    done: readonly ResponseRecord[] = [],
  ): Promise<PlaybookDecision> {
    const { playbook, finding } = verdict;
    const by = askerOf(verdict, who);
    const records = [...done];
    for (const planned of playbook.actions.slice(done.length)) {
      // The time it was seen tells its process from a later one with the same number.
      const order: Order =
        planned.action === 'kill-process'
          ? { action: 'kill-process', pid: finding.pid, seenAtMs: finding.timeMs }
          : planned;
      records.push(await this.#tryTo(order, finding, by, verdict.why));
    }
    const failed = records.filter(({ result }) => result === 'failed').map(({ action }) => action);
    const why = failed.length === 0 ? verdict.why : `${failed.join(', ')} failed`;
    return this.#decide(verdict, who === undefined ? 'acted' : 'approved', why, {
      responses: records.map(({ id }) => id),
      ...(who === undefined ? {} : { who }),
    });
  }

  /** Goes on with what the sensor's thread decided and began. */
  async takeQuick({ playbook: name, finding, outcome, why, killed, open }: QuickVerdict): Promise<void> {
    this.#quickOpen = open;
    const playbook = this.#quick.find((each) => each.name === name);
    if (playbook === undefined) return; // replaced meanwhile; what was ended is in the journal all the same
    const verdict = { playbook, finding, outcome, why };
    if (killed === undefined) {
      this.#decide(verdict, outcome === 'breaker' ? 'breaker' : 'held', why);
      return;
    }
    const order: Order = { action: 'kill-process', pid: finding.pid, seenAtMs: finding.timeMs };
    const record = this.#options.noted(order, finding, askerOf(verdict), why, killed);
    await this.#act(verdict, undefined, [record]);
  }

  async #tryTo(order: Order, finding: Finding, by: Asker, why: string): Promise<ResponseRecord> {
    for (const pauseMs of this.#options.pausesMs ?? PAUSES_MS) {
      const record = await this.#options.act(order, finding, by, why);
      if (record.error === undefined || !PASSING.has(record.error.code)) return record;
      await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
    }
    return this.#options.act(order, finding, by, why);
  }

  #ask(verdict: Verdict): void {
    const ms = verdict.playbook.guards.approvalMs ?? 0;
    if (this.#pending.size >= MOST_PENDING) {
      this.#decide(verdict, 'held', `${MOST_PENDING} others wait for an answer already`);
      return;
    }
    const until = new Date(this.#now() + ms).toISOString();
    const decision = this.#decide(verdict, 'asked', verdict.why, { until });
    const timer = setTimeout(() => {
      this.#pending.delete(decision.id);
      this.#decide(verdict, 'expired', 'nobody answered in time');
    }, ms).unref();
    this.#pending.set(decision.id, { decision, verdict, timer });
  }

  /** @throws RespondError RESPOND_UNKNOWN */
  approve(id: string, who: unknown): Promise<PlaybookDecision> {
    return this.#act(this.#answered(id), who);
  }

  /** @throws RespondError RESPOND_UNKNOWN */
  refuse(id: string, who: unknown): PlaybookDecision {
    return this.#decide(this.#answered(id), 'refused', 'it was not wanted', { who });
  }

  #answered(id: string): Verdict {
    const [found, other] = [...this.#pending.values()].filter(
      ({ decision }) => decision.id === id || (id.length >= 4 && decision.id.startsWith(id)),
    );
    if (found === undefined || other !== undefined)
      throw unknownId(
        `nothing that waits for an answer is \`${id}\``,
        'it was answered, or its time is over; `runward respond list` tells what waits',
      );
    clearTimeout(found.timer);
    this.#pending.delete(found.decision.id);
    return found.verdict;
  }

  /** False when it was responded to. */
  resume(rule: string): boolean {
    const wasQuick = this.#quickOpen.some((each) => each.rule === rule);
    this.#quickOpen = this.#quickOpen.filter((each) => each.rule !== rule);
    if (wasQuick) this.#options.quick?.resumeRule(rule);
    const was = this.#engine.resume(rule, this.#now()) || wasQuick;
    if (was) this.#options.say(`rule \`${rule}\` is responded to again`);
    return was;
  }

  get status(): PlaybookStatus {
    return {
      playbooks: [...this.#quick, ...this.#engine.playbooks].map(({ name, mode }) => ({ name, mode })),
      pending: [...this.#pending.values()].map(({ decision }) => decision),
      decisions: this.#decisions.toReversed(),
      open: [
        ...this.#engine.open(this.#now()),
        ...this.#quickOpen.filter(({ untilMs }) => untilMs > this.#now()),
      ].map(({ rule, untilMs }) => ({ rule, until: new Date(untilMs).toISOString() })),
    };
  }

  close(): void {
    for (const { timer } of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
  }

  #decide(
    { playbook, finding }: Verdict,
    outcome: PlaybookDecision['outcome'],
    why: string,
    more: Partial<PlaybookDecision> = {},
  ): PlaybookDecision {
    const { id, name, pod, podName } = finding.container;
    const decision: PlaybookDecision = {
      ...{
        id: randomUUID(),
        at: new Date(this.#now()).toISOString(),
        playbook: playbook.name,
        rule: finding.rule,
      },
      container: { id, name, pod: pod === undefined ? '' : `${pod.namespace}/${podName}` },
      ...{ outcome, why, actions: playbook.actions.map(({ action }) => action), ...more },
    };
    this.#decisions = [...this.#decisions, decision].slice(-MOST_KEPT);
    this.#options.say(sentence(decision));
    this.#options.onDecision(decision);
    return decision;
  }
}

const askerOf = ({ playbook, finding }: Verdict, who?: unknown): Asker => ({
  ...{ kind: 'playbook', playbook: playbook.name, rule: finding.rule },
  detectedAt: new Date(finding.timeMs).toISOString(),
  ...(who === undefined ? {} : { approvedBy: who }),
});

function sentence({ playbook, outcome, container, rule, why, id, actions, until }: PlaybookDecision): string {
  const about = `playbook ${playbook}: ${container.name || container.id}, rule \`${rule}\``;
  const because = why === '' ? '' : ` (${why})`;
  const short = id.slice(0, 8);
  switch (outcome) {
    case 'asked':
      return `${about}: ${actions.join(', ')} waits until ${until ?? ''} for \`runward respond approve ${short}\` or \`refuse ${short}\`${because}`;
    case 'dry-run':
      return `${about}: would do ${actions.join(', ')}${because}`;
    case 'breaker':
      return `playbook ${playbook}: ${why}; \`runward playbook resume\` ends that`;
    default:
      return `${about}: ${outcome}${because}`;
  }
}
