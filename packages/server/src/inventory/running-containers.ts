import { type ContainerBody, containerBodySchema } from '@runward/protocol';
import type { Group, Telemetry, TelemetryFilter } from '../telemetry/telemetry.js';

/** A container that runs, as far as its node told. */
export interface RunningContainer {
  readonly cluster: string;
  readonly node: string;
  readonly nodeId: string;
  readonly namespace: string;
  readonly body: ContainerBody;
  /** When it was told of last. */
  readonly toldMs: number;
}

export interface RunningContainers {
  readonly containers: readonly RunningContainer[];
  /** Told in a form that is none of the protocol's. */
  readonly unreadable: number;
  readonly isWhole: boolean;
}

const MOST = 50_000;
/** An agent tells each again within an hour. What was not told of for so long is of a node that is gone for good. */
const REMEMBER_MS = 30 * 86_400_000;

/** @throws ServerError SERVER_STORE_FAILED */
export async function runningContainers(
  telemetry: Telemetry,
  filter: TelemetryFilter,
  nowMs: number,
): Promise<RunningContainers> {
  const fromMs = nowMs - REMEMBER_MS;
  const [{ groups, isWhole }, lives] = await Promise.all([
    telemetry.group(
      { filter: { ...filter, kinds: ['container'], fromMs }, by: ['cluster', 'node', 'container'], sums: [] },
      MOST,
    ),
    // Whether an agent began anew is told of a node, which lies in no namespace: only this is taken from it.
    telemetry.group({ filter: { kinds: ['health'], fromMs }, by: ['cluster', 'node'], sums: [] }, MOST),
  ]);
  const lifeOf = new Map(lives.groups.map(({ latest }) => [`${latest.cluster} ${latest.node}`, latest]));
  const isNow = ({ latest }: Group): boolean => {
    const life = lifeOf.get(`${latest.cluster} ${latest.node}`);
    // An agent that began anew tells of what runs; it does not know what ended in between.
    return life === undefined || life.boot === latest.boot || latest.timeMs >= life.timeMs;
  };
  let unreadable = 0;
  const containers = groups.flatMap((group): readonly RunningContainer[] => {
    const { latest } = group;
    const { success, data } = containerBodySchema.safeParse(latest.body);
    if (!success) unreadable += 1;
    if (!success || data.event === 'ended' || !isNow(group)) return [];
    const { cluster, node, nodeId, namespace, timeMs } = latest;
    return [{ cluster, node, nodeId, namespace, body: data, toldMs: timeMs }];
  });
  return { containers, unreadable, isWhole };
}
