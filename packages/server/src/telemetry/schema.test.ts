import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EmbeddedTelemetry } from './embedded-telemetry.js';
import { STORE_SCHEMA } from './schema.js';
import { origin, record } from './testing/sample.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-telemetry-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As the first version wrote it. */
async function first(path: string): Promise<void> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  for (const statement of [
    'CREATE TABLE schema_version (version INTEGER NOT NULL)',
    `CREATE TABLE records (
      position BIGINT NOT NULL, time BIGINT NOT NULL, received BIGINT NOT NULL, skew BIGINT NOT NULL,
      kind VARCHAR NOT NULL, cluster VARCHAR NOT NULL, node VARCHAR NOT NULL, node_id VARCHAR NOT NULL,
      boot VARCHAR NOT NULL, seq BIGINT NOT NULL, priority VARCHAR NOT NULL, rule VARCHAR NOT NULL,
      namespace VARCHAR NOT NULL, workload VARCHAR NOT NULL, container VARCHAR NOT NULL, incident VARCHAR NOT NULL,
      body VARCHAR NOT NULL
    )`,
    `CREATE TABLE marks (
      node_id VARCHAR NOT NULL, boot VARCHAR NOT NULL, seq BIGINT NOT NULL, seen BIGINT NOT NULL,
      PRIMARY KEY (node_id, boot)
    )`,
    'INSERT INTO schema_version VALUES (1)',
    `INSERT INTO records VALUES (1, 1700000000001, 1700000100000, -3, 'detection', 'main', 'node-1',
      '${origin().nodeId}', '${record(1).boot}', 1, 'Warning', 'A shell', 'shop', 'web', 'c1', '', '{"old":"é"}')`,
    `INSERT INTO marks VALUES ('${origin().nodeId}', '${record(1).boot}', 1, 1700000100000)`,
  ])
    await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}

test('a store of the first version is brought up to date with what is in it, once', async () => {
  const path = join(folder, 'telemetry.duckdb');
  await first(path);
  for (const expected of [
    { stored: 2, doubled: 1, missing: 0 },
    { stored: 0, doubled: 3, missing: 0 },
  ]) {
    const store = await EmbeddedTelemetry.open(path);
    expect(await store.append(origin(), [record(1), record(2), record(3)])).toEqual(expected);
    const { records } = await store.query({}, 10);
    expect(records.map(({ seq }) => seq)).toEqual([3, 2, 1]);
    expect(records[2]).toEqual({ ...record(1), ...origin(), body: { old: 'é' } });
    expect(records[1]?.body).toEqual(JSON.parse(record(2).body));
    await store.close();
  }
  const store = await EmbeddedTelemetry.open(path);
  expect(await store.prune(1_700_000_000_003)).toBe(2);
  expect((await store.query({}, 10)).records.map(({ seq }) => seq)).toEqual([3]);
  await store.close();
});

test('a store that a newer version wrote is named, and left as it is', async () => {
  const path = join(folder, 'telemetry.duckdb');
  await (await EmbeddedTelemetry.open(path)).close();
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run(`UPDATE schema_version SET version = ${(STORE_SCHEMA.at(-1)?.version ?? 0) + 1}`);
  connection.closeSync();
  instance.closeSync();
  await expect(EmbeddedTelemetry.open(path)).rejects.toThrow(/a newer version wrote it/);
});

test('a file that is no store is named, and left as it is', async () => {
  const path = join(folder, 'telemetry.duckdb');
  const text = 'this was a store once\n'.repeat(1000);
  writeFileSync(path, text);
  await expect(EmbeddedTelemetry.open(path)).rejects.toMatchObject({ code: 'SERVER_STORE_UNUSABLE' });
  expect(readFileSync(path, 'utf8')).toBe(text);
});
