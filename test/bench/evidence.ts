/**
 * What the evidence log costs and stands: `scripts/node test/bench/evidence.ts [--records 1000000] [--crashes 10000]
 * [--kills 50] [--seed N] [--folder DIR]`. Writes and verifies records, has a disk lose its power, kills writers.
 * Fails when an acknowledged record is lost or a log does not verify.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EvidenceLog, FolderDisk, verifyLog } from '@runward/evidence';
import { crashTrial, seeded } from '@runward/evidence/testing';
import { killWriters } from './evidence-kills.ts';
import { percentile, rounded } from './statistics.ts';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '1000000' },
    crashes: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    folder: { type: 'string', default: tmpdir() },
  },
});

const tell = (figure: string, value: number, unit: string, detail: object): void =>
  console.log(JSON.stringify({ figure, value: rounded(value), unit, detail }));

/** As large as one of a container with a pod and four ancestors. */
function detection(i: number) {
  const process = {
    pid: 4000 + (i % 900),
    vpid: 7,
    name: 'sh',
    exe: '/bin/busybox',
    args: ['sh', '-c', 'cat /etc/shadow'],
  };
  return {
    ...{
      time: '2026-01-01T00:00:00.000000000Z',
      rule: 'Sensitive file read',
      priority: 'Warning',
      source: 'syscall',
    },
    ...{
      hostname: 'node-1',
      output: `A file with secrets was read (file=/etc/shadow program=/bin/busybox n=${i})`,
    },
    tags: ['container', 'mitre_credential_access', 'T1003.008'],
    output_fields: {
      'fd.name': '/etc/shadow',
      'proc.exepath': '/bin/busybox',
      'proc.cmdline': 'cat /etc/shadow',
    },
    container: {
      id: 'c0ffee00c0ffee00c0ffee00',
      name: 'web',
      runtime: 'containerd',
      image: 'registry/web:1.2',
    },
    process,
    ancestors: [process, process, process, process],
    event: { type: 'openat', number: i, cpu: 1, callerMemory: false, truncated: false },
  };
}

const IN_FLIGHT = 4000;
const folder = mkdtempSync(join(values.folder, 'runward-evidence-bench-'));
const limits = { keptBytes: Number.MAX_SAFE_INTEGER };
let failed = false;

async function write(records: number): Promise<void> {
  const log = await EvidenceLog.open(new FolderDisk(folder), { host: 'bench', producer: 'bench', limits });
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const receipts: Promise<{ readonly kept: boolean }>[] = [];
  for (let i = 0; i < records; i += 1) {
    receipts.push(log.append('detection', detection(i)));
    if (receipts.length < IN_FLIGHT) continue;
    if (!(await Promise.all(receipts.splice(0))).every(({ kept }) => kept)) failed = true;
  }
  await Promise.all(receipts);
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const latencies: number[] = [];
  for (let i = 0; i < 300; i += 1) {
    const at = performance.now();
    await log.append('detection', detection(i));
    latencies.push(performance.now() - at);
  }
  await log.close();
  const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  tell('evidence_write_rate', records / seconds, 'records/s', {
    records,
    seconds,
    cpuSeconds: (user + system) / 1e6,
  });
  tell('evidence_record_size', bytes / records, 'bytes', { bytes, segments: sizes.length - 3 });
  tell('evidence_acknowledged_p50', percentile(latencies, 0.5), 'ms', { p99: percentile(latencies, 0.99) });
}

async function verify(): Promise<void> {
  const startedAt = performance.now();
  const { records, bytes, errors } = await verifyLog(new FolderDisk(folder));
  const seconds = (performance.now() - startedAt) / 1000;
  if (errors > 0) failed = true;
  const residentBytes = process.resourceUsage().maxRSS * 1024;
  tell('evidence_verify_rate', records / seconds, 'records/s', {
    records,
    bytes,
    seconds,
    errors,
    residentBytes,
  });
}

try {
  if (Number(values.records) > 0) {
    await write(Number(values.records));
    await verify();
  }
  if (Number(values.crashes) > 0) {
    const report = await crashTrial(Number(values.seed), Number(values.crashes));
    tell('evidence_crashes_survived', report.crashes, 'crashes', report);
    if (report.problems.length > 0) failed = true;
  }
  if (Number(values.kills) > 0) {
    const report = await killWriters(
      join(folder, 'killed'),
      Number(values.kills),
      seeded(Number(values.seed)),
    );
    tell('evidence_kills_survived', report.kills, 'kills', report);
    if (report.problems.length > 0) failed = true;
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = failed ? 1 : 0;
