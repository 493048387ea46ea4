import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testImage } from '../e2e/harness/index.js';
import { type Lifecycle, SCALE, scaleTables } from './enforcement/lifecycle.js';
import { runInVm } from './vm.js';

const node =
  'scripts/node --conditions=source --experimental-transform-types --disable-warning=ExperimentalWarning --import ./test/typescript.mjs';

describe.each(['6.1', '6.12'] as const)(
  'enforcement by BPF LSM on kernel %s, as processes come and go',
  (kernel) => {
    const folder = mkdtempSync(join(tmpdir(), 'rw-lifecycle-'));
    let life: Lifecycle;
    let said = '';

    beforeAll(async () => {
      const { rootfs } = await testImage();
      // Compiled here: the machine is emulated, and sees the files of this one.
      writeFileSync(join(folder, 'tables'), serialize(scaleTables(undefined)));
      const command = `export RUNWARD_ROOTFS=${rootfs} RUNWARD_TABLES=${join(folder, 'tables')}
${node} test/vm/enforcement/run-lifecycle.ts /run/enforcement && cp /run/enforcement/lifecycle.json /run/vm/`;
      const machine = await runInVm({ kernel, command, timeoutMs: 400_000 });
      said = `${machine.output}\n${machine.console.slice(-2000)}`;
      life = JSON.parse(machine.file('lifecycle.json') ?? 'null') as Lifecycle; // our own program's
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it('stays in force when its process is killed, is taken over, and replaced without a gap', () => {
      expect(life, said).not.toBeNull();
      expect(life).toMatchObject({ runningContainer: '', afterKill: '', afterUpgrade: '', gaps: 0 });
      expect([life.takeover.origin, life.upgrade.origin]).toEqual(['taken-over', 'replaced']);
      expect(life.upgrade.boundTo).toMatch(/^[0-9a-f]{64}$/);
      expect(life.takeover.verdicts).toBeGreaterThan(0);
      expect(life.tries).toBeGreaterThan(10);
    });

    it('judges by the programs of an older layout until those of the newer do', () => {
      expect(life, said).not.toBeNull();
      expect(life.layout).toEqual({
        origin: 'beside-previous',
        besidePrevious: '',
        retired: true,
        afterPrevious: '',
      });
    });

    it('refuses a second process, and a set that is not there', () => {
      expect(life, said).toMatchObject({
        secondProcess: 'ENFORCE_IN_USE',
        unknownSet: 'ENFORCE_UNKNOWN_SET',
      });
    });

    it('ends for a container that is unbound, and for all when it is detached', () => {
      expect(life, said).not.toBeNull();
      for (const output of [life.afterUnbind, life.afterDetach]) {
        expect(output).toContain('sleep: 0');
        expect(output).toContain('secret/a');
      }
    });

    it('holds 50 policies of 1,000 path rules for 200 containers at once, and judges by them', () => {
      expect(life, said).not.toBeNull();
      expect(life.scale).toMatchObject({
        judged: 'denied, allowed',
        bound: SCALE.containers + 1,
        left: 1,
      });
      expect(life.scale.memoryMiB).toBeLessThan(150);
    });
  },
);
