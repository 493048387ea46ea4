import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EmbeddedTelemetry } from './embedded-telemetry.js';
import { telemetryContract } from './testing/contract.js';
import { origin, record } from './testing/sample.js';

telemetryContract('the embedded store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rw-telemetry-'));
  return {
    open: () => EmbeddedTelemetry.open(join(folder, 'telemetry.duckdb')),
    clear: async () => rmSync(folder, { recursive: true }),
  };
});

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-telemetry-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the writer until it has acknowledged so many batches, kills it, and says the last number it acknowledged. */
async function killedWriter(path: string, from: number, batches: number): Promise<number> {
  const writer = join(import.meta.dirname, 'testing/killed-writer.ts');
  const child = spawn(
    process.execPath,
    [
      '--experimental-transform-types',
      '--no-warnings',
      '--conditions=source',
      '--import',
      hook,
      writer,
      path,
      String(from),
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let last = from - 1;
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    count += 1;
    if (count === batches) child.kill('SIGKILL');
  }
  expect(count, 'the writer ended by itself').toBeGreaterThanOrEqual(batches);
  return last;
}
const hook = new URL('../../../../test/typescript.mjs', import.meta.url).href;

test('a writer killed in the middle loses nothing it acknowledged, and nothing is there twice', async () => {
  const path = join(folder, 'telemetry.duckdb');
  let acknowledged = 0;
  for (const batches of [1, 7, 20, 3]) {
    acknowledged = await killedWriter(path, acknowledged + 1, batches);
    const store = await EmbeddedTelemetry.open(path);
    const counts = await store.count({ filter: {}, bucketMs: 86_400_000 });
    const stored = counts.reduce((sum, { count }) => sum + count, 0);
    // One more batch may have been stored and not told.
    expect([acknowledged, acknowledged + 50]).toContain(stored);
    const all = Array.from({ length: acknowledged }, (_, at) => record(at + 1));
    expect(await store.append(origin(), all)).toMatchObject({ stored: 0, missing: 0 });
    await store.close();
  }
}, 300_000);

test('a store of the version before has its incidents when it is opened', async () => {
  const path = join(folder, 'telemetry.duckdb');
  const store = await EmbeddedTelemetry.open(path);
  const told = (seq: number, state: string) =>
    record(seq, { kind: 'incident', incident: 'i1', body: { state } });
  await store.append(origin(), [told(1, 'open'), told(2, 'resolved'), record(3)]);
  await store.close();
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run('DROP TABLE incidents; UPDATE schema_version SET version = 2');
  connection.closeSync();
  instance.closeSync();
  const upgraded = await EmbeddedTelemetry.open(path);
  expect((await upgraded.incidents({ states: ['resolved'] }, 10)).records).toMatchObject([{ seq: 2 }]);
  await upgraded.append(origin(), [told(4, 'open')]);
  expect((await upgraded.incidents({}, 10)).records).toMatchObject([{ seq: 4 }]);
  await upgraded.close();
});

test('a file that is no store is named, and left as it is', async () => {
  const path = join(folder, 'other');
  writeFileSync(path, 'x'.repeat(20_000));
  await expect(EmbeddedTelemetry.open(path)).rejects.toThrow(/the store `.*other` cannot be used/);
});

test('a store that fails acknowledges nothing, and takes the same again afterwards', async () => {
  const store = await EmbeddedTelemetry.open(join(folder, 'telemetry.duckdb'));
  await store.append(origin(), [record(1)]);
  // Of a size that no column holds: the transaction fails after the marks were moved.
  const bad = { ...origin(), receivedMs: 2 ** 80 };
  await expect(store.append(bad, [record(2)])).rejects.toThrow(/the store does not work/);
  expect(await store.append(origin(), [record(2)])).toEqual({ stored: 1, doubled: 0, missing: 0 });
  await store.close();
});
