import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASES } from '../vm/enforcement/cases.js';
import { type Lifecycle, SCALE } from '../vm/enforcement/lifecycle.js';
import type { Results } from '../vm/enforcement/run-cases.js';
import { runtimes } from './harness/index.js';

const repository = resolve(import.meta.dirname, '../..');
const flags = ['--conditions=source', '--experimental-transform-types', '--import', './test/typescript.mjs'];

/** The cases of test/vm/ that hold where the kernel has no LSM programs: a denied program is ended before it begins. */
describe('enforcement on this machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rw-enforcement-'));
  const runc = runtimes.runc();
  let results: Results;
  let life: Lifecycle;
  const runProgram = (name: string): Promise<unknown> =>
    promisify(execFile)('scripts/node', [...flags, `test/vm/enforcement/${name}`, folder], {
      cwd: repository,
      env: { ...process.env, RUNWARD_PIN_FOLDER: `/sys/fs/bpf/runward-test-${process.pid}` },
      timeout: 300_000,
    });

  beforeAll(async () => {
    expect(await runc.available()).toBeUndefined();
    await runProgram('run-cases.ts');
    results = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as Results; // our own program's
    await runProgram('run-lifecycle.ts');
    life = JSON.parse(readFileSync(join(folder, 'lifecycle.json'), 'utf8')) as Lifecycle; // the same
  }, 600_000);

  it('stays in force when its process is killed, is taken over, and replaced without a gap', () => {
    expect(life).toMatchObject({ runningContainer: '', afterKill: '', afterUpgrade: '', gaps: 0 });
    expect([life.takeover.origin, life.upgrade.origin]).toEqual(['taken-over', 'replaced']);
    expect(life.upgrade.boundTo).toMatch(/^[0-9a-f]{64}$/);
    expect(life.takeover.verdicts).toBeGreaterThan(0);
    expect(life.tries).toBeGreaterThan(10);
  });

  it('judges by the programs of an older layout until those of the newer do', () => {
    expect(life.layout).toEqual({
      origin: 'beside-previous',
      besidePrevious: '',
      retired: true,
      afterPrevious: '',
    });
  });

  it('refuses a second process, and a set that is not there', () => {
    expect(life).toMatchObject({ secondProcess: 'ENFORCE_IN_USE', unknownSet: 'ENFORCE_UNKNOWN_SET' });
  });

  it('ends for a container that is unbound, and for all when it is detached', () => {
    expect([life.afterUnbind, life.afterDetach]).toEqual([
      expect.stringContaining('sleep: 0'),
      expect.stringContaining('sleep: 0'),
    ]);
  });

  it('holds 50 policies of 1,000 path rules for 200 containers at once', () => {
    expect(life.scale).toMatchObject({ bound: SCALE.containers + 1, left: 1 });
    expect(life.scale.memoryMiB).toBeLessThan(150);
  });

  afterAll(async () => {
    await runc.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('judges the start of programs', () => {
    const { mechanism } = results.abilities.find(({ section }) => section === 'process') ?? {};
    expect(mechanism).toBe(results.hasLsm ? 'lsm' : 'kill-at-exec');
  });

  it('says what it does not enforce, and why', () => {
    for (const { mechanism, problem } of results.abilities)
      expect(problem === '').toBe(mechanism !== undefined);
  });

  it.each(CASES.filter(({ everywhere }) => everywhere).map(({ name }) => name))('%s', (name) => {
    expect(results.cases.find((each) => each.name === name)).toEqual({ name, problem: '' });
  });
});
