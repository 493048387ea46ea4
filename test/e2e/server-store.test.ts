import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedTelemetry } from '../../packages/server/src/telemetry/embedded-telemetry.js';
import { origin, record } from '../../packages/server/src/telemetry/testing/sample.js';

const MIB = 1024 * 1024;
const BATCH = 200;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-full-'));
});
afterEach(() => {
  execFileSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true });
});

const batchFrom = (first: number) =>
  Array.from({ length: BATCH }, (_, i) =>
    record(first + i, { body: { x: randomBytes(600).toString('hex') } }),
  );
const countOf = async (store: EmbeddedTelemetry): Promise<number> =>
  (await store.count({ filter: {}, bucketMs: 8.64e15 })).reduce((sum, { count }) => sum + count, 0);

describe('a store whose disk is full', () => {
  // When its log is as large as that, the store writes it into its file: where that fails, it takes nothing any more.
  it.each([
    { when: 'it writes its log', checkpointMib: 64 },
    { when: 'it writes its log into its file', checkpointMib: 4 },
  ])(
    'when $when acknowledges nothing it does not have, and goes on when there is room',
    async ({ checkpointMib }) => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${16 * MIB}`, 'tmpfs', folder]);
      const ballast = join(folder, 'ballast');
      writeFileSync(ballast, Buffer.alloc(9 * MIB));
      const path = join(folder, 'telemetry.duckdb');
      const store = await EmbeddedTelemetry.open(path, { checkpointMib });
      let acknowledged = 0;
      let refused = 0;
      // A node sends again what was not acknowledged.
      for (let i = 0; i < 200 && refused < 4; i += 1)
        await store.append(origin(), batchFrom(acknowledged + 1)).then(
          () => {
            acknowledged += BATCH;
          },
          (error: unknown) => {
            expect(error).toMatchObject({ code: 'SERVER_STORE_FAILED' });
            refused += 1;
          },
        );
      expect(refused).toBe(4);
      rmSync(ballast);
      const told = await store.append(origin(), batchFrom(acknowledged + 1));
      expect(told).toMatchObject({ missing: 0 });
      acknowledged += BATCH;
      expect(await countOf(store)).toBe(acknowledged);
      await store.close();
      const again = await EmbeddedTelemetry.open(path);
      expect(await countOf(again)).toBe(acknowledged);
      await again.close();
    },
  );
});
