/**
 * What the server's store takes and how fast it answers: `scripts/node test/bench/server-store.ts [--records 1000000]
 * [--nodes 50] [--batch 2000] [--queries 100] [--folder DIR]`. One process, batches of all nodes at the same time, each
 * acknowledged when it is durable; then questions as pages ask them, at random times.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startLink, type Telemetry, type TelemetryFilter } from '@runward/server';
import { median, percentile, rounded } from './statistics.ts';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '1000000' },
    nodes: { type: 'string', default: '50' },
    batch: { type: 'string', default: '2000' },
    queries: { type: 'string', default: '100' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const [total, nodeCount, batch, queries] = [values.records, values.nodes, values.batch, values.queries].map(
  Number,
) as [number, number, number, number]; // four in, four out

const tell = (figure: string, value: number, unit: string, detail: object): void =>
  console.log(JSON.stringify({ figure, value: rounded(value), unit, detail }));

const BEGAN = 1_700_000_000_000;
const SPAN_MS = 7 * 86_400_000;
const PRIORITIES = ['Critical', 'Error', 'Warning', 'Warning', 'Notice', 'Notice', 'Notice', 'Notice'];
const at = (i: number): number => BEGAN + Math.floor((i / total) * SPAN_MS);
const containerOf = (i: number): string => (i % 5000).toString(16).padStart(64, 'c');

/** As large as a detection of a container with four ancestors. */
function bodyOf(i: number): string {
  const process = { pid: i % 30_000, vpid: 7, name: 'sh', exe: '/bin/busybox', args: ['sh', '-c', `cat ${i}`], cwd: '/', uid: 0, user: 'root' }; // biome-ignore format: one line
  return JSON.stringify({
    ...{ time: new Date(at(i)).toISOString(), rule: `Rule ${i % 60}`, tags: ['T1003'] },
    ...{
      output: `a file was read by sh, number ${i}`,
      process,
      ancestors: [process, process, process, process],
    },
    container: { id: containerOf(i), name: `web-${i % 400}`, image: 'registry.example.org/web:1.2.3' },
  });
}
// Made before the time is taken; what is repeated lies farther apart than anything compresses over.
const BODIES = Array.from({ length: 20_000 }, (_, i) => bodyOf(i * 7919));
const CONTAINERS = Array.from({ length: 5000 }, (_, i) => containerOf(i));

function record(boot: string, seq: number, i: number) {
  return {
    ...{ boot, seq, kind: 'detection' as const, timeMs: at(i), priority: PRIORITIES[i % 8] ?? '' },
    rule: `Rule ${i % 60}`,
    ...{ namespace: `team-${i % 12}`, workload: `web-${i % 400}`, container: CONTAINERS[i % 5000] ?? '' },
    incident: i % 50 === 0 ? `incident-${i % 1000}` : '',
    body: BODIES[i % BODIES.length] ?? '{}',
  };
}

async function fill(store: Telemetry): Promise<void> {
  const nodes = Array.from({ length: nodeCount }, (_, n) => ({
    ...{
      nodeId: randomUUID(),
      node: `node-${n}`,
      cluster: 'main',
      boot: randomUUID().replaceAll('-', ''),
      seq: 0,
    },
  }));
  const cpu = process.cpuUsage();
  const began = performance.now();
  for (let done = 0; done < total; )
    await Promise.all(
      nodes.map((node) => {
        const size = Math.max(0, Math.min(batch, total - done));
        const records = Array.from({ length: size }, (_, j) => record(node.boot, node.seq + j + 1, done + j));
        done += size;
        node.seq += size;
        const { nodeId, node: name, cluster } = node;
        return store.append({ nodeId, node: name, cluster, receivedMs: Date.now(), skewMs: 0 }, records);
      }),
    );
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const detail = { records: total, seconds: rounded(seconds), cpuSeconds: rounded((user + system) / 1e6) };
  tell('server store, durably stored', total / seconds, 'records/s', detail);
  tell('server store, stored for each second of CPU', total / ((user + system) / 1e6), 'records/s', detail);
}

const HOUR_MS = 3_600_000;
const within = (spanMs: number): TelemetryFilter => {
  const fromMs = BEGAN + Math.floor(Math.random() * (SPAN_MS - spanMs));
  return { fromMs, toMs: fromMs + spanMs };
};
const QUESTIONS: Readonly<Record<string, (store: Telemetry) => Promise<unknown>>> = {
  'the latest 50': (store) => store.query({}, 50),
  'the latest 50 of a day, by priority': (store) =>
    store.query({ ...within(24 * HOUR_MS), priorities: ['Critical'] }, 50),
  'of a container': (store) =>
    store.query({ containers: [containerOf(Math.floor(Math.random() * 5000))] }, 50),
  'of an incident': (store) =>
    store.query({ incidents: [`incident-${50 * Math.floor(Math.random() * 20)}`] }, 50),
  'counts of a day by priority': (store) =>
    store.count({ filter: within(24 * HOUR_MS), bucketMs: HOUR_MS, by: 'priority' }),
};

const folder = mkdtempSync(join(values.folder, 'rw-store-'));
try {
  const link = await startLink({ state: folder, host: '127.0.0.1', port: 0, say: console.error });
  await fill(link.telemetry);
  for (const [question, ask] of Object.entries(QUESTIONS)) {
    const times: number[] = [];
    for (let i = 0; i < queries; i += 1) {
      const began = performance.now();
      await ask(link.telemetry);
      times.push(performance.now() - began);
    }
    tell(`server store, ${question}, p95`, percentile(times, 0.95), 'ms', {
      median: rounded(median(times)),
      records: total,
    });
  }
  tell('server, resident', process.memoryUsage.rss() / 1024 / 1024, 'MiB', { records: total });
  await link.close();
  const bytes = statSync(join(folder, 'telemetry.duckdb')).size;
  tell('server store, on the disk', bytes / total, 'bytes/record', { records: total });
} finally {
  rmSync(folder, { recursive: true });
}
