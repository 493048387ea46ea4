import type { Agent } from '@runward/agent';
import { Canary, type HealthPlace, HealthServer, type Metric, sensorMetrics } from '@runward/agent/health';
import type { OutputStatus } from '@runward/outputs';

/** Serves metrics and health of an agent until it is closed. @throws AgentError when the address cannot be had */
export async function openHealth(
  place: HealthPlace,
  agent: Agent,
  outputs: () => readonly OutputStatus[],
): Promise<HealthServer> {
  const canary = new Canary(agent.canaryToken, (pid) => agent.processOf(pid));
  const server = await HealthServer.open(place, canary, async () => [
    ...sensorMetrics(await agent.report()),
    ...outputMetrics(outputs()),
  ]);
  const scheme = place.tls === undefined ? 'http' : 'https';
  const host = place.host.includes(':') ? `[${place.host}]` : place.host;
  process.stderr.write(`runward: metrics at ${scheme}://${host}:${server.port}/metrics\n`);
  return server;
}

function outputMetrics(outputs: readonly OutputStatus[]): readonly Metric[] {
  const metric = (
    name: string,
    type: Metric['type'],
    help: string,
    value: (status: OutputStatus) => number,
  ): Metric => ({
    ...{ name: `runward_output_${name}`, type, help },
    samples: outputs.map((each) => ({ labels: { output: each.name, type: each.type }, value: value(each) })),
  });
  if (outputs.length === 0) return [];
  return [
    metric('queued', 'gauge', 'Records that wait.', ({ queued }) => queued),
    metric('queued_bytes', 'gauge', 'What they take on the disk.', ({ queuedBytes }) => queuedBytes),
    metric('sent_total', 'counter', 'Records that have arrived.', ({ sent }) => sent),
    metric('rejected_total', 'counter', 'Records a receiver refused for good.', ({ rejected }) => rejected),
    metric('dropped_total', 'counter', 'Records lost for want of room.', ({ dropped }) => dropped),
    metric('reachable', 'gauge', 'Whether the receiver takes what is sent.', ({ problem }) =>
      problem === '' ? 1 : 0,
    ),
  ];
}
