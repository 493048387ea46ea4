import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASES } from '../vm/enforcement/cases.js';
import type { Results } from '../vm/enforcement/run-cases.js';
import { runtimes } from './harness/index.js';

const repository = resolve(import.meta.dirname, '../..');
const flags = ['--conditions=source', '--experimental-transform-types', '--import', './test/typescript.mjs'];

/** The cases of test/vm/ that hold where the kernel has no LSM programs: a denied program is ended before it begins. */
describe('enforcement on this machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rw-enforcement-'));
  const runc = runtimes.runc();
  let results: Results;

  beforeAll(async () => {
    expect(await runc.available()).toBeUndefined();
    const program = [...flags, 'test/vm/enforcement/run-cases.ts', folder];
    await promisify(execFile)('scripts/node', program, {
      cwd: repository,
      env: { ...process.env, RUNWARD_PIN_FOLDER: `/sys/fs/bpf/runward-test-${process.pid}` },
      timeout: 170_000,
    });
    results = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as Results; // our own program's
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
