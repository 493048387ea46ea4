import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrate, openState, SqliteDatabase } from './index.js';
import { SCHEMA } from './schema.js';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-state-'));
  path = join(folder, 'state.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true }));

const tables = async (database: SqliteDatabase): Promise<readonly unknown[]> =>
  (await database.query(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`)).map(
    (row) => row.name,
  );

test.each(SCHEMA.slice(0, -1).map(({ version }) => version))(
  'a state of schema %i is brought up to date with what is in it',
  async (version) => {
    const old = SqliteDatabase.open(path);
    await migrate(old, SCHEMA.slice(0, version));
    await old.query(`INSERT INTO people VALUES ('p1', 'anna', 'Anna', NULL, 0, 0, 1700000000000, NULL)`);
    await old.close();
    const now = await openState(path);
    expect(await now.query('SELECT name, created_at FROM people')).toEqual([
      { name: 'anna', created_at: 1_700_000_000_000 },
    ]);
    const fresh = await openState(join(folder, 'fresh.sqlite'));
    expect(await tables(now)).toEqual(await tables(fresh));
    await now.close();
    await fresh.close();
  },
);

test('a state that a newer version wrote is named, and left as it is', async () => {
  const newer = await openState(path);
  const beyond = (SCHEMA.at(-1)?.version ?? 0) + 1;
  await newer.query('INSERT INTO schema_steps (version, applied_at) VALUES ($1, $2)', beyond, 0);
  await newer.close();
  await expect(openState(path)).rejects.toMatchObject({ code: 'SERVER_STATE_NEWER' });
});

test('a file that is no state is named, and left as it is', async () => {
  const text = 'this was a state once\n'.repeat(100);
  writeFileSync(path, text);
  await expect(openState(path)).rejects.toMatchObject({ code: 'SERVER_STATE_UNUSABLE' });
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('a copy is the state as of one moment, for its owner alone', async () => {
  const database = await openState(path);
  await database.query(`INSERT INTO people VALUES ('p1', 'anna', 'Anna', NULL, 0, 0, 1, NULL)`);
  const copied = join(folder, 'copy.sqlite');
  await database.copyTo(copied);
  await database.query('DELETE FROM people');
  await database.close();
  expect(statSync(copied).mode & 0o777).toBe(0o600);
  const copy = await openState(copied);
  expect(await copy.query('SELECT name FROM people')).toEqual([{ name: 'anna' }]);
  await copy.close();
});
