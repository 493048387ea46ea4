import { POLICY_MODES } from '@runward/protocol';
import { z } from 'zod';
import {
  COVERAGE_MODES,
  type RunningContainer,
  runningContainers,
  type Workload,
  workloadsOf,
} from '../../inventory/index.js';
import type { Telemetry } from '../../telemetry/telemetry.js';
import { type Operation, operation } from '../operation.js';
import { filterOf, filterShape } from '../record-filter.js';

const mode = z.enum(COVERAGE_MODES).describe('unknown: its node did not say yet');
const isIt = z.boolean().nullable().describe('null: its runtime does not say');

const container = z
  .object({
    ...{ id: z.string(), name: z.string(), pod: z.string(), node: z.string(), nodeId: z.string() },
    ...{ runtime: z.string(), image: z.string(), imageDigest: z.string() },
    ...{ privileged: isIt, hostNetwork: isIt, hostPid: isIt },
    startedMs: z.number().nullable(),
    toldMs: z.number().describe('when its node spoke of it last'),
    modes: z.record(z.string(), z.enum(POLICY_MODES)).nullable().describe('null: its node did not say yet'),
    ...{ policies: z.array(z.string()), learning: z.boolean() },
    problems: z.record(z.string(), z.string()).describe('why a section is not enforced or watched'),
  })
  .meta({ id: 'Container' });

const workload = z
  .object({
    ...{ cluster: z.string(), namespace: z.string(), name: z.string() },
    ...{ images: z.array(z.string()), nodes: z.array(z.string()), policies: z.array(z.string()) },
    mode: mode.describe('the strictest of its sections'),
    modes: z.record(z.string(), mode).describe('of each section the least strict of its containers'),
    ...{ learning: z.boolean(), problems: z.array(z.string()) },
    containers: z.array(container),
  })
  .meta({ id: 'Workload', description: 'Containers that are replicas of each other, and run' });

function shownContainer({ node, nodeId, toldMs, body }: RunningContainer): z.output<typeof container> {
  const { id, name, pod, runtime, image, imageDigest, privileged, hostNetwork, hostPid, startedMs } = body;
  return {
    ...{ id, name, pod, node, nodeId, runtime, image, imageDigest, privileged, hostNetwork, hostPid, toldMs },
    ...{ startedMs: startedMs ?? null, modes: body.modes ?? null, policies: body.policies ?? [] },
    ...{ learning: body.learning ?? false, problems: body.problems ?? {} },
  };
}

const shown = ({ containers, ...rest }: Workload) => ({
  ...rest,
  containers: containers.map(shownContainer),
});

/** What runs, and how policies cover it. */
export function workloadOperations(telemetry: Telemetry): readonly Operation[] {
  const { cluster, node, namespace } = filterShape;
  return [
    operation(
      {
        ...{ id: 'listWorkloads', method: 'GET', path: '/workloads', tag: 'fleet', access: 'read' },
        summary: 'Workloads and their containers that run, with how policies cover them',
        query: z.object({ cluster, node, namespace }),
        answer: z.object({
          items: z.array(workload),
          unreadable: z.number().describe('containers that a node told in another form than is agreed'),
          isWhole: z
            .boolean()
            .describe('false: there are more containers; those told of last are in the answer'),
        }),
      },
      async ({ query }, { grants }) => {
        const { containers, ...rest } = await runningContainers(
          telemetry,
          filterOf(query, grants),
          Date.now(),
        );
        return { items: workloadsOf(containers).map(shown), ...rest };
      },
    ),
  ];
}
