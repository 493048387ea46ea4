/**
 * Writes an evidence log as fast as it can until it is killed, and says on standard output what was acknowledged:
 * `scripts/node test/bench/evidence-writer.ts FOLDER`.
 */
import { writeSync } from 'node:fs';
import { EvidenceLog, FolderDisk } from '@runward/evidence';

const [folder = ''] = process.argv.slice(2);
const limits = { segmentBytes: 64 * 1024, keptBytes: 1024 ** 3 };
const log = await EvidenceLog.open(new FolderDisk(folder), { host: 'bench', producer: 'bench', limits });
for (let i = 0; ; i += 1) {
  const kept = Array.from({ length: 1 + (i % 7) }, (_, j) =>
    log.append('agent.stop', { why: `${process.pid}.${i}.${j} ${'x'.repeat((i * 37) % 900)}` }),
  );
  // Synchronously: what the log acknowledged must be told before this process can end.
  for (const receipt of await Promise.all(kept))
    if (receipt.kept) writeSync(1, `${receipt.seq} ${receipt.hash}\n`);
}
