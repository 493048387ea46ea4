import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askServer } from '../admin/client.js';
import { type ControlPlane, startControlPlane } from '../control-plane.js';
import { socketOfServer } from '../server.js';
import { origin, record } from '../telemetry/testing/sample.js';
import { restore } from './restore.js';

const PASSPHRASE = 'correct horse battery';
const folder = mkdtempSync(join(tmpdir(), 'rw-backup-'));
const state = join(folder, 'state');
const kept = join(folder, 'kept');
let server: ControlPlane;

const start = (at: string): Promise<ControlPlane> =>
  startControlPlane({
    ...{ state: at, host: '127.0.0.1', port: 0, version: '1.2.3', say: () => undefined },
    api: { host: '127.0.0.1', port: 0, names: [] },
    hold: () => () => undefined,
  });
const askBackup = (into: string, passphrase?: string): Promise<unknown> =>
  askServer(socketOfServer(state), '/backup', { folder: into, by: 'anna', passphrase });
const countOf = async ({ link }: ControlPlane): Promise<number> => {
  const counted = await link.telemetry.count({ filter: {}, bucketMs: 8.64e15 });
  return counted.reduce((sum, { count }) => sum + count, 0);
};
const filesBelow = (at: string): readonly string[] => readdirSync(at, { recursive: true, encoding: 'utf8' });

beforeAll(async () => {
  server = await start(state);
  server.link.registry.createToken({
    ...{ cluster: 'prod', node: 'n1', replace: false, by: 'anna', validMs: 60_000 },
  });
}, 60_000);
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
}, 60_000);

describe('a back-up of a server at work', () => {
  it('is a server that goes on: same authority, people, tokens, log and what nodes told until then', async () => {
    let told = 0;
    let isOver = false;
    const telling = (async () => {
      while (!isOver) await server.link.telemetry.append(origin(), [record(++told)]);
    })();
    const made = await askBackup(kept, PASSPHRASE);
    isOver = true;
    await telling;
    expect(made).toMatchObject({ hasKeys: true });
    const again = join(folder, 'again');
    await restore({ backup: kept, state: again, passphrase: PASSPHRASE });
    const other = await start(again);
    try {
      const count = await countOf(other);
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(told);
      expect(other.link.authority).toBe(server.link.authority);
      expect(other.link.registry.tokens).toEqual(server.link.registry.tokens);
      expect(other.admin).toBeUndefined(); // the account of the first start is there
      // What was told before is known, and what follows is taken.
      const next = Array.from({ length: count + 1 }, (_, i) => record(i + 1));
      expect(await other.link.telemetry.append(origin(), next)).toEqual({
        stored: 1,
        doubled: count,
        missing: 0,
      });
    } finally {
      await other.close();
    }
  }, 60_000);

  it('has no key in the clear, and says who made it', async () => {
    for (const path of filesBelow(kept)) expect(path).not.toMatch(/\.key$|private|authority/);
    const secret = readFileSync(join(state, 'authority', 'authority.key'), 'utf8').split('\n')[1] ?? 'none';
    for (const path of filesBelow(kept).filter((each) => each.includes('.')))
      expect(readFileSync(join(kept, path)).includes(secret)).toBe(false);
    const changes = (await askServer(socketOfServer(state), '/api', {
      ...{ operation: 'listChanges', by: 'anna' },
    })) as { readonly items: readonly unknown[] }; // our own server's
    expect(changes.items).toContainEqual(
      expect.objectContaining({ action: 'backUp', target: kept, after: { keys: true } }),
    );
  });

  it('goes into an empty folder only', async () => {
    await expect(askBackup(kept)).rejects.toMatchObject({ code: 'SERVER_INVALID' });
    await expect(askBackup('relative')).rejects.toMatchObject({ code: 'SERVER_INVALID' });
    await expect(askBackup('/proc/none')).rejects.toMatchObject({ code: 'SERVER_BACKUP_FAILED' });
  });

  it('can be restored without keys: another authority is made then', async () => {
    const again = join(folder, 'without-keys');
    await restore({ backup: kept, state: again, passphrase: undefined });
    const other = await start(again);
    expect(other.link.authority).not.toBe(server.link.authority);
    await other.close();
  }, 60_000);

  it.each([
    ['another passphrase', () => undefined, 'SERVER_BACKUP_PASSPHRASE'],
    [
      'a file that grew',
      (at: string) => appendFileSync(join(at, 'link/nodes.json'), ' '),
      'SERVER_BACKUP_UNUSABLE',
    ],
    [
      'a file that is missing',
      (at: string) => unlinkSync(join(at, 'state.sqlite')),
      'SERVER_BACKUP_UNUSABLE',
    ],
    ['a file too many', (at: string) => appendFileSync(join(at, 'more'), ''), 'SERVER_BACKUP_UNUSABLE'],
    ['a link', (at: string) => symlinkSync('/etc/hosts', join(at, 'link/l')), 'SERVER_BACKUP_UNUSABLE'],
    ['no manifest', (at: string) => unlinkSync(join(at, 'manifest.json')), 'SERVER_BACKUP_UNUSABLE'],
  ])('with %s is not restored, and nothing is left of it', async (_, spoil, code) => {
    const spoilt = mkdtempSync(join(folder, 'spoilt-'));
    await askBackup(spoilt, PASSPHRASE);
    spoil(spoilt);
    const order = { backup: spoilt, state: join(folder, 'never'), passphrase: 'some other words' };
    await expect(restore(order)).rejects.toMatchObject({ code });
    expect(readdirSync(folder).filter((name) => name.includes('never'))).toEqual([]);
  });
});
