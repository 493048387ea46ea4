import type { Bundles, Clusters, Standings } from '../distribution/index.js';
import type { Document, Documents } from '../documents/index.js';
import { ServerError } from '../error.js';
import type { FleetNode } from '../link/fleetwork.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { type Judgement, judge } from './judge.js';
import { observe, targetsOf } from './observe.js';
import { type Plan, wholePlan } from './plan.js';
import { isLast, isReached, type Rollout } from './rollout.js';
import type { Rollouts } from './rollouts.js';
import { nodesOf } from './select.js';

export interface DeskOptions {
  readonly documents: Documents;
  readonly rollouts: Rollouts;
  readonly bundles: Bundles;
  readonly standings: Standings;
  readonly clusters: Clusters;
  readonly nodes: () => readonly FleetNode[];
  readonly telemetry: Telemetry;
  readonly now?: () => number;
}

/** A node and the version of a document it holds, or is to hold. */
export interface HeldVersion {
  readonly node: FleetNode;
  /** null: none. */
  readonly wanted: number | null;
  /** What the node said last; null: nothing of this document. */
  readonly reported: {
    readonly version: number;
    readonly state: 'in-force' | 'failed';
    readonly holds: number | null;
    readonly why: string;
    readonly at: number;
  } | null;
}

/** Longer than the conductor takes to look again. */
const RECENT_MS = 10_000;
const MOST_JUDGED = 1000;

/** Begins roll-outs, takes them on or back by what comes of them, and knows who holds what. */
export class RolloutDesk {
  readonly #options: DeskOptions;
  /** The latest first. */
  #judged: readonly {
    readonly id: string;
    readonly stage: number;
    readonly atMs: number;
    readonly judgement: Judgement;
  }[] = [];

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  get #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  /** @throws ServerError SERVER_NOT_FOUND, SERVER_CONFLICT, SERVER_INVALID */
  async begin(document: Document, version: number, asked: Plan, by: string): Promise<Rollout> {
    const { documents, bundles, rollouts } = this.#options;
    const { text } = await documents.version(document.id, version);
    await bundles.makeRoom(text.length);
    const plan = wholePlan(asked);
    // Names that are none are told now, not when their stage comes.
    const all: string[][] = [];
    for (const stage of plan.stages) all.push([...(await this.#nodesOf(document, stage))]);
    return rollouts.begin({ document: document.id, version, plan, nodes: all[0] ?? [], begunBy: by });
  }

  /** What is to become of a running roll-out now. */
  async judge(rollout: Rollout, document: Document): Promise<Judgement> {
    const { nodes, standings, telemetry } = this.#options;
    const view = await observe({
      ...{ rollout, telemetry, nowMs: this.#now },
      targets: targetsOf(document, nodes()),
      standings: await standings.of(document.id),
    });
    const judgement = judge(rollout.plan, rollout.stage, view);
    this.#judged = [
      { id: rollout.id, stage: rollout.stage, atMs: this.#now, judgement },
      ...this.#judged.filter(({ id }) => id !== rollout.id),
    ].slice(0, MOST_JUDGED);
    return judgement;
  }

  /** As it was judged not long ago: whoever only looks has no records read for it. */
  async lastJudged(rollout: Rollout, document: Document): Promise<Judgement> {
    const last = this.#judged.find(({ id, stage }) => id === rollout.id && stage === rollout.stage);
    return last !== undefined && this.#now - last.atMs < RECENT_MS
      ? last.judgement
      : this.judge(rollout, document);
  }

  /** On to the next stage, or to the end after the last. */
  async advance(rollout: Rollout, document: Document): Promise<'advanced' | 'settled'> {
    const { rollouts } = this.#options;
    if (isLast(rollout)) {
      await rollouts.settle(rollout);
      return 'settled';
    }
    const next = rollout.plan.stages[rollout.stage + 1];
    const more = next === undefined ? [] : await this.#nodesOf(document, next).catch(withoutNode);
    await rollouts.advance(rollout, [...new Set([...rollout.nodes, ...more])]);
    return 'advanced';
  }

  async holders(document: Document): Promise<readonly HeldVersion[]> {
    const { nodes, standings, rollouts } = this.#options;
    const reported = new Map((await standings.of(document.id)).map((each) => [each.node, each]));
    const running = await rollouts.runningOf(document.id);
    return targetsOf(document, nodes()).map((node) => {
      const said = reported.get(node.id);
      return {
        node,
        wanted: running !== undefined && isReached(running, node.id) ? running.version : document.inForce,
        reported:
          said === undefined
            ? null
            : {
                ...{ version: said.version, state: said.state, holds: said.holds },
                ...{ why: said.why, at: said.reportedAt },
              },
      };
    });
  }

  async #nodesOf(document: Document, stage: Plan['stages'][number]): Promise<readonly string[]> {
    const environments = await this.#options.clusters.all();
    const targets = targetsOf(document, this.#options.nodes());
    return nodesOf(stage, targets, document.id, (cluster) => environments.get(cluster) ?? '');
  }
}

/** A node that was named when the roll-out began may be none any more. */
function withoutNode(error: unknown): readonly string[] {
  if (error instanceof ServerError && error.code === 'SERVER_INVALID') return [];
  throw error;
}
