import { execFile, execFileSync } from 'node:child_process';
import fs, {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sampleChange, sampleDecision, samplePolicy } from '../testing/sample.js';
import { PolicyStore } from './policy-store.js';

let folder = '';
let store = new PolicyStore();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-state-'));
  store = new PolicyStore(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, text: string, decision?: string) =>
  store.change((register) => sampleChange(register, name, text, decision));
const seen = async () => (await store.read()).policies.map(({ name, revision }) => `${name} ${revision}`);

describe('the store', () => {
  test('is empty where there is none, and gives back what was put', async () => {
    expect(await store.read()).toEqual({ generation: 0, policies: [], gone: {} });
    await put('web', 'text of web');
    await put('db', 'text of db');
    const { generation, policies } = await store.read();
    expect(generation).toBe(2);
    expect(policies.map(({ policy }) => policy)).toEqual([samplePolicy('db'), samplePolicy('web')]);
    expect([...store.files()]).toEqual([
      ['db', 'text of db'],
      ['web', 'text of web'],
    ]);
  });

  test('counts revisions on over changes and deletions, and keeps their texts', async () => {
    for (const text of ['1', '2']) await put('web', text);
    await store.change(() => ({ put: [], remove: ['web'], decision: sampleDecision('x') }));
    expect(await seen()).toEqual([]);
    expect(store.files()).toEqual(new Map());
    await put('web', '4');
    expect(await seen()).toEqual(['web 4']);
    expect(store.revisions('web')).toEqual([1, 2, 4]);
    const [stored] = (await store.read()).policies;
    expect(stored && store.text(stored)).toBe('4');
  });

  test('keeps a hundred texts of a policy', async () => {
    for (let i = 1; i <= 103; i++) await put('web', `${i}`);
    expect(store.revisions('web')).toEqual(Array.from({ length: 100 }, (_, i) => i + 4));
  });

  test('lets only its owner read it', async () => {
    await put('web', 'x');
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      expect(statSync(join(folder, name)).mode & 0o077, name).toBe(0);
  });

  test('changes nothing when the change is given up', async () => {
    await put('web', '1');
    const no = new Error('no');
    const refused = store.change(() => {
      throw no;
    });
    await expect(refused).rejects.toBe(no);
    await store.change(() => undefined);
    expect(await seen()).toEqual(['web 1']);
    expect(store.decisions.read()).toHaveLength(1);
  });

  test.each(['policies/index.json', 'policies/register.json', 'policies/.transaction.json'])(
    'says so when %s was damaged',
    async (file) => {
      await put('web', '1');
      writeFileSync(join(folder, file), '{"format":1');
      await expect(store.read()).rejects.toMatchObject({ code: 'STATE_DAMAGED' });
    },
  );
});

/** Whether it ended: from its step `crashAt` on, nothing it does reaches the disk. */
async function crashing(crashAt: number, act: () => Promise<unknown>): Promise<boolean> {
  const { writeSync, fsyncSync, renameSync, unlinkSync } = fs;
  const calls = { writeSync, fsyncSync, renameSync, unlinkSync };
  let step = 0;
  const dying = Object.entries(calls).map(([name, call]) => [
    name,
    (...args: unknown[]): unknown => {
      if (step++ >= crashAt) throw new Error('killed');
      return Reflect.apply(call, fs, args);
    },
  ]);
  Object.assign(fs, Object.fromEntries(dying));
  syncBuiltinESMExports();
  try {
    await act();
    return true;
  } catch {
    return false;
  } finally {
    Object.assign(fs, calls);
    syncBuiltinESMExports();
  }
}

describe('after a crash at any step', () => {
  test('there is the old or the new, whole, and the decision once', async () => {
    await put('web', 'old', 'first');
    const reached = { old: 0, new: 0 };
    for (let crashAt = 0; ; crashAt++) {
      const ended = await crashing(crashAt, () => put('web', 'new', `second ${crashAt}`));
      const { policies } = await store.read();
      const text = policies[0] && store.text(policies[0]);
      expect(text).toBe(store.files().get('web'));
      const decisions = store.decisions.read().map(({ id }) => id);
      expect(decisions.filter((id) => id === `second ${crashAt}`)).toHaveLength(text === 'new' ? 1 : 0);
      reached[text === 'new' ? 'new' : 'old'] += 1;
      if (ended) break;
      await put('web', 'old');
    }
    expect(reached.old).toBeGreaterThan(0);
    expect(reached.new).toBeGreaterThan(3);
  });

  test('a decision that was cut short is left as it is, and the next is a line of its own', async () => {
    await put('web', '1', 'first');
    appendFileSync(join(folder, 'decisions.jsonl'), '{"id":"cut');
    await put('web', '2', 'second');
    expect(store.decisions.read().map(({ id }) => id)).toEqual(['first', 'second']);
    expect(readFileSync(join(folder, 'decisions.jsonl'), 'utf8').split('\n')[1]).toBe('{"id":"cut');
  });
});

test('a change waits for that of another process', async () => {
  await put('web', '1');
  const lock = join(folder, 'lock');
  execFileSync('sh', ['-c', 'command -v flock']);
  const released = join(folder, 'released');
  const holder = execFile('flock', [lock, 'sh', '-c', `echo locked; sleep 0.3; echo > ${released}`]);
  await new Promise((resolve) => holder.stdout?.once('data', resolve));
  await put('web', '2');
  expect(existsSync(released)).toBe(true);
});
