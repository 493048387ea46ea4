import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FolderDisk, readRecords, verifyLog } from '@runward/evidence';

export interface KillReport {
  readonly kills: number;
  readonly acknowledged: number;
  /** Acknowledged and not there, or what verification found. */
  readonly problems: readonly string[];
}

const root = join(import.meta.dirname, '../..');

/** Kills a process in the middle of writing a log, again and again, and looks whether all that it was told is kept is. */
export async function killWriters(folder: string, kills: number, random: () => number): Promise<KillReport> {
  const kept = new Map<number, string>();
  const problems: string[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    await writeUntilKilled(folder, 20 + random() * 300, kept);
    const found = new Map<number, string>();
    const disk = new FolderDisk(folder);
    for await (const { record, hash } of readRecords(disk)) found.set(record.seq, hash);
    for (const [seq, hash] of kept)
      if (found.get(seq) !== hash) problems.push(`kill ${kill}: record ${seq} was acknowledged and is lost`);
    const { findings } = await verifyLog(disk);
    problems.push(
      ...findings
        .filter(({ severity }) => severity === 'error')
        .map(({ message }) => `kill ${kill}: ${message}`),
    );
  }
  return { kills, acknowledged: kept.size, problems };
}

/** The time runs from the first acknowledgement: a process that has not begun has nothing to lose. */
async function writeUntilKilled(folder: string, afterMs: number, kept: Map<number, string>): Promise<void> {
  const writer = spawn(join(root, 'scripts/node'), [join(root, 'test/bench/evidence-writer.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const over = new Promise((resolve) => writer.on('close', resolve));
  let text = '';
  const begun = Promise.withResolvers<void>();
  writer.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    begun.resolve();
  });
  void over.then(() => begun.resolve());
  await begun.promise;
  await sleep(afterMs);
  writer.kill('SIGKILL');
  await over;
  for (const line of text.split('\n').slice(0, -1)) {
    const [seq = '', hash = ''] = line.split(' ');
    kept.set(Number(seq), hash);
  }
}
