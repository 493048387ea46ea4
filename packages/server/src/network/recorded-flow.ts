import { FLOW_SUMS, type FlowBody, type FlowSum, flowBodySchema } from '@runward/protocol';
import type { Group, Telemetry, TelemetryFilter } from '../telemetry/telemetry.js';

/** What all records of one container, other end and port say together of a period. */
export interface RecordedFlow {
  readonly cluster: string;
  readonly node: string;
  readonly namespace: string;
  readonly workload: string;
  /** Of the latest record; its sums are of its own span. */
  readonly body: FlowBody;
  readonly sums: Readonly<Record<FlowSum, number>>;
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface RecordedFlows {
  readonly flows: readonly RecordedFlow[];
  /** Told in a form that is none of the protocol's; they are in no answer. */
  readonly unreadable: number;
  /** False: there are more than anybody can look at; those that were last active are there. */
  readonly isWhole: boolean;
}

const MOST = 20_000;

/** The flows of a period, in the scope of the filter. @throws ServerError SERVER_STORE_FAILED */
export async function recordedFlows(telemetry: Telemetry, filter: TelemetryFilter): Promise<RecordedFlows> {
  const { groups, isWhole } = await telemetry.group(
    {
      filter: { ...filter, kinds: ['flow'] },
      by: ['cluster', 'node', 'container', 'rule'],
      sums: FLOW_SUMS.map((name) => ['sums', name]),
    },
    MOST,
  );
  const flows = groups.flatMap((group) => recordedFlow(group) ?? []);
  return { flows, unreadable: groups.length - flows.length, isWhole };
}

function recordedFlow({ latest, firstMs, sums }: Group): RecordedFlow | undefined {
  const { success, data } = flowBodySchema.safeParse(latest.body);
  if (!success) return undefined;
  const { cluster, node, namespace, workload, timeMs } = latest;
  const sum = Object.fromEntries(FLOW_SUMS.map((name, at) => [name, sums[at] ?? 0]));
  return {
    ...{ cluster, node, namespace, workload, body: data, firstMs, lastMs: timeMs },
    sums: sum as RecordedFlow['sums'], // each of them
  };
}
