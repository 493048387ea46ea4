import type { Plan } from './plan.js';

export type RolloutState = 'running' | 'done' | 'rolled-back';

export interface Rollout {
  readonly id: string;
  readonly document: string;
  readonly version: number;
  /** What was in force before; null: nothing. */
  readonly former: number | null;
  readonly plan: Plan;
  /** From 0. */
  readonly stage: number;
  /** Ids of the nodes of this stage and those before; in the last stage every node counts. */
  readonly nodes: readonly string[];
  readonly state: RolloutState;
  /** Of one that was rolled back: the reason. */
  readonly why: string;
  readonly begunBy: string;
  readonly beganAt: number;
  readonly stageAt: number;
  /** Since when all nodes of the stage that are there hold it; null: not yet. */
  readonly heldAt: number | null;
  readonly endedAt: number | null;
}

/** A node a document may be for. */
export interface TargetNode {
  readonly id: string;
  readonly name: string;
  readonly cluster: string;
}

export const isLast = ({ stage, plan }: Pick<Rollout, 'stage' | 'plan'>): boolean =>
  stage >= plan.stages.length - 1;

/** Whether a node is to hold the version that is rolled out rather than the one before. */
export const isReached = (rollout: Rollout, node: string): boolean =>
  isLast(rollout) || rollout.nodes.includes(node);
