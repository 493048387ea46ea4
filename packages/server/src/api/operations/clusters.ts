import { nameSchema } from '@runward/protocol';
import { z } from 'zod';
import type { Clusters } from '../../distribution/index.js';
import { ServerError } from '../../error.js';
import type { Fleetwork } from '../../link/fleetwork.js';
import { may } from '../../people/index.js';
import { type Operation, operation } from '../operation.js';

const environment = z
  .string()
  .max(63)
  .regex(/^(?:[a-z0-9]([a-z0-9-]*[a-z0-9])?)?$/, 'is no name of small letters, digits and dashes');

const cluster = z
  .object({
    name: z.string(),
    environment: z.string().describe('such as dev, test or prod; empty where nobody said'),
    nodes: z.number(),
  })
  .meta({ id: 'Cluster' });

/** Clusters there are nodes of, and of which environment they are. */
export function clusterOperations(clusters: Clusters, fleet: Pick<Fleetwork, 'nodes'>): readonly Operation[] {
  const list = async () => {
    const environments = await clusters.all();
    const living = fleet.nodes().filter(({ revoked }) => !revoked);
    const names = new Set([...living.map((node) => node.cluster), ...environments.keys()]);
    return [...names].sort().map((name) => ({
      ...{ name, environment: environments.get(name) ?? '' },
      nodes: living.filter((node) => node.cluster === name).length,
    }));
  };
  return [
    operation(
      {
        ...{ id: 'listClusters', method: 'GET', path: '/clusters', tag: 'fleet', access: 'read' },
        summary: 'The clusters and their environments',
        answer: z.array(cluster),
      },
      async (_request, { grants }) =>
        (await list()).filter(({ name }) =>
          grants.some((grant) => grant.cluster === '*' || grant.cluster === name),
        ),
    ),
    operation(
      {
        ...{ id: 'setEnvironment', method: 'PUT', path: '/clusters/{name}', tag: 'fleet' },
        access: 'fleet.manage',
        summary: 'Says of which environment a cluster is',
        params: z.object({ name: nameSchema }),
        body: z.strictObject({ environment }),
      },
      async ({ params: { name }, body, changed }, { grants }) => {
        if (!may(grants, 'fleet.manage', { cluster: name }))
          throw new ServerError('SERVER_NOT_ALLOWED', `the cluster \`${name}\` is managed by others`);
        const before = await clusters.set(name, body.environment);
        changed({
          target: `clusters/${name}`,
          before: { environment: before },
          after: { environment: body.environment },
        });
      },
    ),
  ];
}
