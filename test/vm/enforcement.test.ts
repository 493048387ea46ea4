import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testImage } from '../e2e/harness/index.js';
import { CASES } from './enforcement/cases.js';
import { type Lifecycle, SCALE, scaleTables } from './enforcement/lifecycle.js';
import type { Results } from './enforcement/run-cases.js';
import { runInVm } from './vm.js';

const node =
  'scripts/node --conditions=source --experimental-transform-types --disable-warning=ExperimentalWarning --import ./test/typescript.mjs';
const folder = mkdtempSync(join(tmpdir(), 'rw-enforcement-'));
const tables = join(folder, 'tables');

// Compiled here, for both machines: an emulated one takes minutes.
beforeAll(() => writeFileSync(tables, serialize(scaleTables(undefined))), 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(['6.1', '6.12'] as const)('enforcement by BPF LSM on kernel %s', (kernel) => {
  let results: Results;
  let life: Lifecycle;
  let said = '';

  beforeAll(async () => {
    // Built here: the machine has no compiler.
    const { rootfs } = await testImage();
    const command = `export RUNWARD_ROOTFS=${rootfs} RUNWARD_TABLES=${tables}
${node} test/vm/enforcement/run-cases.ts /run/enforcement && cp /run/enforcement/results.json /run/vm/
${node} test/vm/enforcement/run-lifecycle.ts /run/enforcement && cp /run/enforcement/lifecycle.json /run/vm/`;
    const machine = await runInVm({ kernel, command, timeoutMs: 580_000 });
    said = machine.output;
    // Both are our own programs'.
    results = JSON.parse(machine.file('results.json') ?? 'null') as Results;
    life = JSON.parse(machine.file('lifecycle.json') ?? 'null') as Lifecycle;
  });

  it('enforces every section but system calls by LSM', () => {
    expect(results, said).not.toBeNull();
    for (const section of ['process', 'file', 'network', 'capabilities', 'kernelSurface', 'privilege'])
      expect(results.abilities).toContainEqual(
        expect.objectContaining({ section, mechanism: 'lsm', problem: '' }),
      );
  });

  it.each(CASES.map(({ name }) => name))('%s', (name) => {
    expect(results, said).not.toBeNull();
    expect(results.cases.find((each) => each.name === name)).toEqual({ name, problem: '' });
  });

  it('protects a container that ran already when it was bound', () => {
    expect(life, said).not.toBeNull();
    expect(life.runningContainer).toBe('');
  });

  it('stays in force when its process is killed, and is taken over with bindings and verdicts', () => {
    expect(life, said).not.toBeNull();
    expect(life.afterKill).toBe('');
    expect(life.takeover.origin).toBe('taken-over');
    expect(life.takeover.boundTo).toMatch(/^[0-9a-f]{64}$/);
    expect(life.takeover.verdicts).toBeGreaterThan(0);
  });

  it('is replaced by a newer object without a gap', () => {
    expect(life, said).not.toBeNull();
    expect(life.upgrade).toEqual({ origin: 'replaced', boundTo: life.takeover.boundTo });
    expect(life.afterUpgrade).toBe('');
    expect(life.tries).toBeGreaterThan(10);
    expect(life.gaps).toBe(0);
  });

  it('refuses a second process, and a set that is not there', () => {
    expect(life, said).not.toBeNull();
    expect(life.secondProcess).toBe('ENFORCE_IN_USE');
    expect(life.unknownSet).toBe('ENFORCE_UNKNOWN_SET');
  });

  it('ends for a container that is unbound, and for all when it is detached', () => {
    expect(life, said).not.toBeNull();
    expect(life.afterUnbind).toMatch(/secret\/a/);
    expect(life.afterDetach).toMatch(/secret\/a/);
  });

  it('holds 50 policies of 1,000 path rules for 200 containers at once', () => {
    expect(life, said).not.toBeNull();
    const { judged, bound, left, memoryMiB } = life.scale;
    expect(judged).toBe('denied, allowed');
    expect([bound, left]).toEqual([SCALE.containers + 1, 1]);
    expect(memoryMiB).toBeLessThan(100);
  });
});
