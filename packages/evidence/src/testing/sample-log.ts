import { EvidenceLog } from '../log/evidence-log.js';
import type { LogOptions } from '../log/options.js';
import { CrashDisk } from './crash-disk.js';

export const openSample = (disk: CrashDisk, options: Partial<LogOptions> = {}): Promise<EvidenceLog> =>
  EvidenceLog.open(disk, { host: 'node-1', producer: 'test', retryMs: 1, ...options });

/**
 * A log of three segments with six records of its own in each: `segment.open`, six, `key.rotate`, `segment.close`. Every other
 * of the six is committed, and signed, together with the one before it.
 */
export async function sampleLog(disk = new CrashDisk()): Promise<CrashDisk> {
  const log = await openSample(disk);
  for (let segment = 1; segment <= 3; segment += 1) {
    for (let i = 0; i < 3; i += 1)
      await Promise.all(
        ['a', 'b'].map((name) =>
          log.append('detection', {
            ...{ rule: `rule ${name}`, priority: 'Notice', output: `it did ${segment}.${i}`, tags: ['x'] },
            ...{ time: '2026-01-01T00:00:00Z', container: { id: `${segment}${i}`, name: `web-${name}` } },
          }),
        ),
      );
    if (segment < 3) await log.rotate('asked');
  }
  await log.close();
  return disk;
}
