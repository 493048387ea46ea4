import type { Detection } from '@runward/detect';
import type { ContainerInfo } from '@runward/events';
import { type Playbook, PlaybookEngine, type Verdict } from '@runward/respond/playbooks';
import { ContainerGroups, cgroupTrees, killNow, RespondError } from '@runward/respond/quick';
import { findingOf } from './finding.js';

/** What the sensor's thread decided and did by itself, for the main thread to go on with. */
export interface QuickVerdict {
  /** The playbook by its name. */
  readonly playbook: string;
  readonly finding: Verdict['finding'];
  readonly outcome: Verdict['outcome'];
  readonly why: string;
  /** Of outcome act: what became of the process. */
  readonly killed?: QuickKill;
  /** Rules that are not responded to by now, and until when. */
  readonly open: readonly { readonly rule: string; readonly untilMs: number }[];
}

export interface QuickKill {
  readonly beganAtMs: number;
  readonly tookMs: number;
  readonly pids: readonly number[];
  readonly error?: { readonly code: string; readonly message: string; readonly help: string };
}

/** Playbooks that end a process, where it is detected: the main thread may be busy, and the process is not. */
export class QuickResponse {
  readonly #engine: PlaybookEngine;
  readonly #trees = cgroupTrees();

  constructor(
    playbooks: readonly Playbook[],
    private readonly tell: (verdict: QuickVerdict) => void,
  ) {
    this.#engine = new PlaybookEngine(playbooks);
  }

  replace(playbooks: readonly Playbook[]): void {
    this.#engine.replace(playbooks);
  }

  resume(rule: string): void {
    this.#engine.resume(rule, Date.now());
  }

  take(detection: Detection, container: ContainerInfo | undefined): void {
    const finding = container && findingOf(detection, container);
    if (finding === undefined) return;
    for (const { playbook, outcome, why } of this.#engine.judge(finding)) {
      const killed = outcome === 'act' ? this.#kill(finding) : undefined;
      const open = this.#engine.open(Date.now());
      this.tell({ playbook: playbook.name, finding, outcome, why, ...(killed && { killed }), open });
    }
  }

  #kill({ pid, timeMs, container: { id, name } }: Verdict['finding']): QuickKill {
    const startedAtMs = performance.now();
    const took = () => ({
      beganAtMs: Date.now(),
      tookMs: Math.round((performance.now() - startedAtMs) * 100) / 100,
    });
    try {
      const groups = ContainerGroups.of({ id, name, pids: [pid] }, this.#trees);
      return { pids: killNow(groups, { pid, seenAtMs: timeMs }), ...took() };
    } catch (error) {
      if (!(error instanceof RespondError)) throw error;
      const { code, message, help } = error;
      return { pids: [], error: { code, message, help }, ...took() };
    }
  }
}
