import type { NodeStanding } from '../distribution/index.js';
import type { Document } from '../documents/index.js';
import type { FleetNode } from '../link/fleetwork.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { NodeView, StageView } from './judge.js';
import { isReached, type Rollout } from './rollout.js';
import { tally } from './tally.js';

/** Who was there and is not any more for so long counts as an error. */
const AWAY_MS = 60_000;

/** The nodes a document is for. */
export const targetsOf = (
  { cluster }: Pick<Document, 'cluster'>,
  nodes: readonly FleetNode[],
): readonly FleetNode[] =>
  nodes.filter((node) => !node.revoked && (cluster === '*' || node.cluster === cluster));

export interface Observed {
  readonly rollout: Rollout;
  readonly targets: readonly FleetNode[];
  readonly standings: readonly NodeStanding[];
  readonly telemetry: Telemetry;
  readonly nowMs: number;
}

/** What a roll-out came to at the nodes it has reached. */
export async function observe({
  rollout,
  targets,
  standings,
  telemetry,
  nowMs,
}: Observed): Promise<StageView> {
  const nodes = targets.filter(({ id }) => isReached(rollout, id));
  const { stageAt, beganAt, heldAt } = rollout;
  const span = { fromMs: stageAt, toMs: nowMs + 1, nodes };
  const before = { fromMs: beganAt - (nowMs - stageAt), toMs: beganAt, nodes };
  const [denials, denialsBefore, detections, detectionsBefore, gaps] = await Promise.all([
    tally(telemetry, { kind: 'verdict', ...span }),
    tally(telemetry, { kind: 'verdict', ...before }),
    tally(telemetry, { kind: 'detection', ...span }),
    tally(telemetry, { kind: 'detection', ...before }),
    tally(telemetry, { kind: 'gap', ...span }),
  ]);
  const byNode = new Map(standings.map((each) => [each.node, each]));
  const named = new Set(
    rollout.plan.stages.slice(0, rollout.stage + 1).flatMap((stage) => stage.nodes ?? []),
  );
  const views = nodes.map((node): NodeView => {
    const standing = byNode.get(node.id);
    const isThis = standing?.version === rollout.version;
    return {
      name: node.name,
      isNamed: named.has(node.id) || named.has(node.name),
      connected: node.connected,
      standing: isThis ? standing.state : 'waiting',
      why: isThis ? standing.why : '',
      denials: denials.get(node.id) ?? 0,
      denialsBefore: denialsBefore.get(node.id) ?? 0,
      detections: detections.get(node.id) ?? 0,
      detectionsBefore: detectionsBefore.get(node.id) ?? 0,
      // Who came later began anew, and that is no trouble.
      troubles: rollout.nodes.includes(node.id)
        ? troublesOf(node, gaps.get(node.id) ?? 0, stageAt, nowMs)
        : [],
    };
  });
  return { nowMs, heldAt, nodes: views };
}

function troublesOf(
  { connected, lastSeenMs, skewMs, agent }: FleetNode,
  gaps: number,
  stageAt: number,
  nowMs: number,
): readonly string[] {
  const isAway = !connected && lastSeenMs !== null && lastSeenMs > stageAt && nowMs - lastSeenMs > AWAY_MS;
  const isNew = agent !== null && agent.startedMs - skewMs > stageAt;
  return [
    ...(gaps > 0 ? ['lost records'] : []),
    ...(isNew ? ['began anew within the stage'] : []),
    ...(isAway ? [`is away for more than ${AWAY_MS / 1000} s`] : []),
  ];
}
