import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EmbeddedTelemetry } from './embedded-telemetry.js';
import { forget } from './retention.js';
import { origin, record } from './testing/sample.js';

test('each kind is kept as long as is said of it, and the others as long as everything', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rw-retention-'));
  const store = await EmbeddedTelemetry.open(join(folder, 'telemetry.duckdb'));
  try {
    const kinds = ['health', 'incident', 'detection', 'flow'] as const;
    const of = (seq: number, timeMs: number) => record(seq, { kind: kinds[(seq - 1) % 4] ?? 'gap', timeMs });
    const times = [1000, 1000, 1000, 1000, 5000, 5000, 5000, 5000, 9000, 9000, 9000, 9000];
    await store.append(
      origin(),
      times.map((timeMs, at) => of(at + 1, timeMs)),
    );
    const retention = { keepMs: 6000, keepByKindMs: { health: 2000, incident: 100_000 } };
    expect(await forget(store, retention, 10_000)).toBe(4);
    const { records } = await store.query({}, 100);
    expect(records.map(({ kind, timeMs }) => `${kind} ${timeMs}`).sort()).toEqual([
      ...['detection 5000', 'detection 9000', 'flow 5000', 'flow 9000', 'health 9000'],
      ...['incident 1000', 'incident 5000', 'incident 9000'],
    ]);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});
