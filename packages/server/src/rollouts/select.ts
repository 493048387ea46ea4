import { createHash } from 'node:crypto';
import { ServerError } from '../error.js';
import type { Stage } from './plan.js';
import type { TargetNode } from './rollout.js';

/**
 * The nodes of a stage. A share is drawn by a digest of document and node: the same nodes each time, others for another
 * document, so that not always the same ones are first.
 *
 * @throws ServerError SERVER_INVALID when a node is named that it is not for
 */
export function nodesOf(
  stage: Stage,
  targets: readonly TargetNode[],
  document: string,
  environmentOf: (cluster: string) => string,
): readonly string[] {
  const { nodes, percent, clusters, environments } = stage;
  if (nodes !== undefined) return nodes.map((named) => byName(named, targets));
  if (clusters !== undefined)
    return targets.filter(({ cluster }) => clusters.includes(cluster)).map(({ id }) => id);
  if (environments !== undefined)
    return targets.filter(({ cluster }) => environments.includes(environmentOf(cluster))).map(({ id }) => id);
  const count = Math.ceil((targets.length * (percent ?? 0)) / 100);
  return targets
    .map(({ id }) => ({ id, rank: createHash('sha256').update(`${document} ${id}`).digest('hex') }))
    .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, count)
    .map(({ id }) => id);
}

function byName(named: string, targets: readonly TargetNode[]): string {
  const found = targets.filter(({ id, name }) => id === named || name === named);
  const [node] = found;
  if (node !== undefined && found.length === 1) return node.id;
  throw new ServerError(
    'SERVER_INVALID',
    found.length === 0 ? `the document is for no node \`${named}\`` : `there are several nodes \`${named}\``,
    {
      faults: [{ at: 'body.stages', message: `\`${named}\` is not one node of the document` }],
      help: '`GET /api/v1/nodes` lists them with their ids and clusters',
    },
  );
}
