/**
 * `in-vm.ts KERNEL SCRIPT [ARGUMENTS]`: runs a measurement of this folder in an emulated machine with one of the test
 * kernels (5.10, 6.1, 6.12), e.g. `in-vm.ts 6.12 enforcement.ts 5`. Its clock counts instructions, so that what is measured is
 * instructions, on a busy machine too. With `--uncounted` before the kernel it does not, which is several times faster: for
 * what counts outcomes.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testImage } from '../e2e/harness/index.js';
import type { KernelSeries } from '../vm/initramfs.js';
import { runInVm } from '../vm/vm.js';

const given = process.argv.slice(2);
const isUncounted = given[0] === '--uncounted';
const [kernel, script, ...rest] = isUncounted ? given.slice(1) : given;
if (script === undefined || !['5.10', '6.1', '6.12'].includes(kernel ?? '')) {
  process.stderr.write('usage: in-vm.ts [--uncounted] 5.10|6.1|6.12 SCRIPT [ARGUMENTS]\n');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'rw-bench-vm-'));
try {
  // The machine has no compiler and no image store of its own.
  execFileSync('gcc', [
    '-O2',
    '-Wall',
    '-static',
    '-o',
    join(folder, 'load'),
    join(import.meta.dirname, 'load.c'),
  ]);
  const { rootfs } = await testImage();
  const { exitCode, output } = await runInVm({
    kernel: kernel as KernelSeries, // one of the three, see above
    command: `export TMPDIR=/run RUNWARD_ROOTFS=${rootfs} RUNWARD_LOAD=${join(folder, 'load')}
scripts/node --conditions=source --experimental-transform-types --disable-warning=ExperimentalWarning \\
  --import ./test/typescript.mjs test/bench/${script} ${rest.join(' ')}`,
    memoryMiB: 4096,
    countsInstructions: !isUncounted,
    timeoutMs: 1_800_000,
  });
  process.stdout.write(output);
  process.exitCode = exitCode ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
