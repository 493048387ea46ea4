/**
 * `enforcement.ts [ROUNDS [OPENS [EXECS [CONNECTS]]]]`: what enforcement costs an open, a fork and exec, and a connect,
 * as ratios to the same container unbound, measured in turn in each round. One JSON line per figure. Run as root on a
 * kernel with BPF LSM, or by `in-vm.ts` in an emulated machine; `RUNWARD_LOAD` names a built load.c where there is no
 * compiler.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PinnedEnforcement } from '@runward/enforce';
import { Box } from '../vm/enforcement/box.js';
import { tablesOf } from '../vm/enforcement/policies.js';
import { median, rounded } from './statistics.js';

const [rounds = 5, opens = 5000, execs = 60, connects = 3000] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'rw-bench-'));
const pinFolder = `/sys/fs/bpf/runward-bench-${process.pid}`;
mkdirSync(join(folder, 'bench'));
const program = join(folder, 'bench/load');
for (const name of ['file', 'denied']) writeFileSync(join(folder, 'bench', name), 'content\n'); // in memory, as the program: files of an image may be a network away
if (process.env.RUNWARD_LOAD !== undefined) copyFileSync(process.env.RUNWARD_LOAD, program);
else execFileSync('gcc', ['-O2', '-Wall', '-static', '-o', program, join(import.meta.dirname, 'load.c')]);

const enforcement = await PinnedEnforcement.open({ objectPath: 'build/bpf/enforce.bpf.o', pinFolder });
const lines = (count: number): object[] =>
  Array.from({ length: count }, (_, at) => ({
    directory: `/var/lib/team-${at % 97}/service-${at}`,
    operations: ['read'],
  }));
const networks = (count: number): object[] =>
  Array.from({ length: count }, (_, at) => ({
    operation: 'connect',
    cidrs: [`10.${at >> 8}.${at & 255}.0/24`],
    ports: [443],
  }));
const policy = (count: number): object => ({
  file: { deny: [...lines(count), { path: '/mnt/denied', operations: ['read'] }] },
  network: { deny: networks(count) },
  process: { deny: lines(count).map((_, at) => ({ path: `/opt/tools/tool-${at}` })) },
});
const from = performance.now();
const SETS: Readonly<Record<string, number>> = {
  none: enforcement.load(tablesOf({ capabilities: { deny: ['SYS_BOOT'] } }, 'none')),
  small: enforcement.load(tablesOf(policy(10), 'small')),
  large: enforcement.load(tablesOf(policy(10_000), 'large')),
};
const loadMs = performance.now() - from;
const box = await Box.start(folder, 'box-bench', () => undefined, {
  mounts: [{ source: join(folder, 'bench'), target: '/mnt' }],
});

/** Nanoseconds of one round of the loop. */
async function measure(mode: string, count: number): Promise<number> {
  const { output } = await box.run(`/mnt/load ${mode} ${count} path=/mnt/file`, 120_000);
  const { elapsedNs } = JSON.parse(output) as { elapsedNs: number }; // the line our own load prints
  return elapsedNs / count;
}

/** A container that is not judged would cost nothing. */
async function expectJudged(): Promise<void> {
  const { code } = await box.run('cat /mnt/denied');
  if (code === 0) throw new Error('the container reads what its policy denies: it is not judged');
}

const modes = { open: opens, forkexec: execs, connect: connects } as const;
const ratios = new Map<string, number[]>();
for (let round = -1; round < rounds; round += 1) {
  for (const [mode, count] of Object.entries(modes)) {
    enforcement.unbind(box.cgroups);
    const plain = await measure(mode, count);
    for (const [name, set] of Object.entries(SETS)) {
      enforcement.bind({ cgroups: box.cgroups, set, failClosed: true, pid: box.pid });
      if (name !== 'none') await expectJudged();
      const ratio = (await measure(mode, count)) / plain;
      const key = `enforced_${mode}_${name}`;
      // The first round warms up.
      if (round >= 0) ratios.set(key, [...(ratios.get(key) ?? []), ratio]);
    }
  }
}
for (const [figure, values] of ratios)
  process.stdout.write(
    `${JSON.stringify({ figure, value: rounded(median(values)), unit: 'times', detail: values.map(rounded) })}\n`,
  );
process.stdout.write(
  `${JSON.stringify({ figure: 'enforced_load_10000', value: Math.round(loadMs), unit: 'ms' })}\n`,
);
await box.close();
await enforcement.close();
PinnedEnforcement.detachAll(pinFolder);
rmSync(folder, { recursive: true, force: true });
