import { EvidenceLog } from '../log/evidence-log.js';
import type { LogLimits } from '../log/options.js';
import { readSegment, segmentNumbers } from '../log/segment.js';
import { verifyLog } from '../log/verify/verify-log.js';
import { CrashDisk, seeded } from './crash-disk.js';

export interface TrialReport {
  readonly crashes: number;
  readonly acknowledged: number;
  /** Acknowledged records that are neither there nor recorded as pruned, and what verification found. */
  readonly problems: readonly string[];
}

const MOST_PROBLEMS = 20;

/**
 * Has a log lose its power again and again, each time somewhere else, and looks each time whether everything that was
 * acknowledged is still there and verifies, before the log goes on and after. `lies`: with a disk that does not sync.
 */
export async function crashTrial(seed: number, crashes: number, lies = false): Promise<TrialReport> {
  const random = seeded(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const problems: string[] = [];
  let acknowledged = 0;
  let disk = new CrashDisk(random);
  let kept = new Map<number, string>();
  for (let crash = 0; crash < crashes && problems.length < MOST_PROBLEMS; crash += 1) {
    // Now and then another machine, so that logs of every age crash.
    if (below(12) === 0) {
      disk = new CrashDisk(random);
      kept = new Map();
    }
    disk.lies = lies;
    disk.operationsLeft = 1 + below(random() < 0.5 ? 12 : 60);
    const limits = limitsOf(below);
    await run(disk, limits, below, (seq, hash) => {
      kept.set(seq, hash);
      acknowledged += 1;
    });
    disk = disk.afterCrash(below(4) === 0 ? 'kill' : 'power');
    const label = `seed ${seed}, crash ${crash}`;
    problems.push(...(await examine(disk, kept, label)));
  }
  return { crashes, acknowledged, problems };
}

function limitsOf(below: (n: number) => number): Partial<LogLimits> {
  const segmentBytes = 1500 + below(6000);
  return { segmentBytes, keptBytes: segmentBytes * (3 + below(6)), queue: { records: 50, bytes: 100_000 } };
}

async function run(
  disk: CrashDisk,
  limits: Partial<LogLimits>,
  below: (n: number) => number,
  onKept: (seq: number, hash: string) => void,
): Promise<void> {
  let log: EvidenceLog;
  try {
    log = await EvidenceLog.open(disk, { host: 'h', producer: 'p', limits, retryMs: 1 });
  } catch (error) {
    if (disk.isDead) return;
    throw error;
  }
  for (let i = 0; !disk.isDead && i < 400; i += 1) {
    const told = log.append('agent.stop', { why: 'x'.repeat(below(below(8) === 0 ? 2000 : 60)) });
    void told.then((receipt) => receipt.kept && onKept(receipt.seq, receipt.hash));
    if (below(20) === 0) void log.rotate('asked').catch(() => undefined);
    const pace = below(9);
    if (pace < 3) await Promise.race([told, disk.died]);
    else if (pace < 5) await new Promise(setImmediate);
    if (below(200) === 0) break;
  }
  await log.close();
}

async function examine(
  disk: CrashDisk,
  kept: ReadonlyMap<number, string>,
  label: string,
): Promise<readonly string[]> {
  const report = await verifyLog(disk);
  if (kept.size === 0) return [];
  const problems = report.findings
    .filter(({ severity }) => severity === 'error')
    .map(({ message }) => `${label}: ${message}`);
  const found = new Map<number, string>();
  for (const segment of await segmentNumbers(disk))
    for (const { record, hash } of (await readSegment(disk, segment)).lines) found.set(record.seq, hash);
  const gone = report.pruned?.through ?? 0;
  for (const [seq, hash] of kept)
    if (seq > gone && found.get(seq) !== hash)
      problems.push(`${label}: record ${seq} was acknowledged and is lost`);
  return problems;
}
