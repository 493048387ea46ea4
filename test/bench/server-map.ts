/**
 * How fast a server answers for the service map: `scripts/node test/bench/server-map.ts [--records 500000] [--nodes 50]
 * [--edges 2000] [--queries 9] [--folder DIR]`. So many `flow` records of a day, of so many edges, are stored by nodes at the same
 * time; then the map of an hour and of the day is asked for, and for a namespace.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { clusterMap, recordedFlows, startLink, type TelemetryFilter } from '@runward/server';
import { median, percentile, rounded } from './statistics.ts';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '500000' },
    nodes: { type: 'string', default: '50' },
    edges: { type: 'string', default: '2000' },
    queries: { type: 'string', default: '9' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const [total, nodeCount, edges, queries] = [values.records, values.nodes, values.edges, values.queries].map(
  Number,
) as [number, number, number, number]; // four in, four out

const tell = (figure: string, value: number, unit: string, detail: object): void =>
  console.log(JSON.stringify({ figure, value: rounded(value), unit, detail }));

const BEGAN = 1_700_000_000_000;
const DAY_MS = 86_400_000;
const BATCH = 2000;

function end(i: number) {
  const name = `web-${i % 400}`;
  const labels = { app: name, 'pod-template-hash': '5d59d67564', tier: 'front', team: `team-${i % 12}` };
  return {
    ...{ kind: 'container', name, names: [], addresses: [`10.${i % 250}.${(i >> 8) % 250}.7`], more: 0 },
    container: {
      ...{
        id: i.toString(16).padStart(64, 'c'),
        name,
        workload: `team-${i % 12}/${name}`,
        runtime: 'containerd',
      },
      ...{
        image: 'registry.example.org/web:1.2.3',
        imageRepository: 'registry.example.org/web',
        imageDigest: '',
      },
      labels: {},
      pod: { name: `${name}-5d59d67564-x2x4x`, namespace: `team-${i % 12}`, labels },
    },
  };
}

/** A container, and so an edge, is of one node. */
function record(boot: string, seq: number, i: number, node: number) {
  const edge = (i % Math.ceil(edges / nodeCount)) * nodeCount + node;
  const timeMs = BEGAN + Math.floor((i / total) * DAY_MS);
  const [self, peer] = [end(edge), end((edge * 7) % 400)];
  const sums = { connections: (i % 9) + 1, bytesOut: i % 5000, bytesIn: i % 7000, allowed: i % 9 };
  const body = {
    ...{ fromMs: timeMs - 60_000, toMs: timeMs, role: 'client', protocol: 'tcp', port: 8080, services: [] },
    ...{ self, peer, open: 0, mode: 'protect', sums },
  };
  return {
    ...{
      boot,
      seq,
      kind: 'flow' as const,
      timeMs,
      priority: '',
      rule: `client tcp/8080 ${peer.container.workload}`,
    },
    ...{ namespace: `team-${edge % 12}`, workload: self.container.pod.name, container: self.container.id },
    ...{ incident: '', body: JSON.stringify(body) },
  };
}

const state = mkdtempSync(join(values.folder, 'runward-bench-map-'));
const link = await startLink({ state, host: '127.0.0.1', port: 0, say: () => undefined });
try {
  const nodes = Array.from({ length: nodeCount }, (_, n) => ({
    ...{ nodeId: randomUUID(), node: `node-${n}`, cluster: 'main', skewMs: 0, seq: 0 },
    boot: randomUUID().replaceAll('-', ''),
  }));
  const began = performance.now();
  for (let i = 0; i < total; ) {
    const waiting: Promise<unknown>[] = [];
    for (const [n, node] of nodes.entries()) {
      const size = Math.min(BATCH, total - i);
      if (size === 0) break;
      const records = Array.from({ length: size }, (_, k) => {
        node.seq += 1;
        return record(node.boot, node.seq, i + k, n);
      });
      i += size;
      const { nodeId, node: name, cluster, skewMs } = node;
      waiting.push(
        link.telemetry.append({ nodeId, node: name, cluster, skewMs, receivedMs: Date.now() }, records),
      );
    }
    await Promise.all(waiting);
  }
  const storedMs = performance.now() - began;
  tell('stored', total / (storedMs / 1000), 'records/s', { records: total, edges, nodes: nodeCount });
  const end = BEGAN + DAY_MS;
  const questions: Readonly<Record<string, TelemetryFilter>> = {
    'map of an hour': { fromMs: end - 3_600_000, toMs: end },
    'map of a day': { fromMs: BEGAN, toMs: end },
    'map of a day, one namespace': { fromMs: BEGAN, toMs: end, namespaces: ['team-3'] },
  };
  for (const [figure, filter] of Object.entries(questions)) {
    const times: number[] = [];
    let found = 0;
    for (let n = 0; n < queries; n++) {
      const asked = performance.now();
      const { flows } = await recordedFlows(link.telemetry, filter);
      found = clusterMap(flows).edges.length;
      times.push(performance.now() - asked);
    }
    tell(figure, median(times), 'ms', { p95: rounded(percentile(times, 0.95)), edges: found });
  }
} finally {
  await link.close();
  rmSync(state, { recursive: true });
}
