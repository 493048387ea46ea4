import type { Scenario } from '../scenario/scenario.js';

/**
 * detected, missed: of scenarios. quiet, fired: of look-alikes. failed: a step did not do what it should, so that nothing
 * can be said. skipped: it cannot be run here. interrupted: the drill was ended before.
 */
export const OUTCOMES = ['detected', 'missed', 'quiet', 'fired', 'failed', 'skipped', 'interrupted'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface RuleHit {
  readonly rule: string;
  readonly priority: string;
  readonly tags: readonly string[];
  readonly count: number;
  /** Whether it is what the scenario waits for. */
  readonly isExpected: boolean;
  /** The first one's. */
  readonly output: string;
}

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  readonly theme: Scenario['theme'];
  readonly tactic: string;
  readonly technique: string;
  readonly benign: boolean;
  readonly outcome: Outcome;
  /** Why it failed or was skipped; '' otherwise. */
  readonly reason: string;
  readonly container: string;
  readonly hits: readonly RuleHit[];
  /** From the event in the kernel to the arrival of the first expected detection; only when detected. */
  readonly detectMs: number | undefined;
  /** From the same event until the container had been ended or frozen by somebody else; only when that happened. */
  readonly respondMs: number | undefined;
}

export interface LoadResult {
  readonly id: string;
  readonly title: string;
  readonly container: string;
  /** How often its work was done. */
  readonly rounds: number;
  /** Rounds that did not end as they should. */
  readonly failedRounds: number;
  readonly hits: readonly RuleHit[];
}

export interface BenignLoad {
  readonly seconds: number;
  readonly loads: readonly LoadResult[];
  readonly falsePositives: number;
}

/** What held on the machine besides detection; told by the agent that watched. */
export interface Posture {
  /** Workloads the agent knew, without the drill's own containers. */
  readonly containers: number;
  /** Of them: with a section in protect that a mechanism of this machine enforces. */
  readonly protectedContainers: number;
  /** Sections of policies that apply to them, by mode. */
  readonly sections: Readonly<Record<string, number>>;
  /** undefined when the agent keeps no evidence log. */
  readonly evidence:
    | {
        /** Of the detected scenarios, those whose detection is on record. */
        readonly recorded: number;
        readonly of: number;
        /** Records the log could not take. */
        readonly dropped: number;
      }
    | undefined;
}

/** One run of a drill, as it is kept. */
export interface DrillRun {
  readonly format: 1;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly hostname: string;
  readonly kernel: string;
  readonly producer: string;
  /** Who watched. */
  readonly detectedBy: string;
  readonly root: string;
  readonly isInterrupted: boolean;
  readonly results: readonly ScenarioResult[];
  readonly load: BenignLoad | undefined;
  readonly lostEvents: number;
  /** Names of all rules in force; undefined where the feed could not tell. */
  readonly rules: readonly string[] | undefined;
  /** undefined with a sensor of the drill's own, which holds no policies and keeps no evidence. */
  readonly posture: Posture | undefined;
}
