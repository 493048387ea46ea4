import type { Findings } from '../e2e/servers/table.js';
import type { KernelSeries } from './initramfs.js';
import { runInVm } from './vm.js';

const program = 'scripts/node --experimental-transform-types --no-warnings --import ./test/typescript.mjs';

export interface VmTrialOptions {
  readonly kernel: KernelSeries;
  /** As `--policy` of test/bench/servers.ts has it. */
  readonly policy: string;
  readonly seconds: number;
  /** Attempts by name; all when left out, which are then made without a policy too. */
  readonly attempts?: readonly string[];
  readonly timeoutMs?: number;
}

/** The bench in one machine. The servers' image has to be there: inside it would be lost, and slow to make. */
export async function tryServersInVm(
  names: readonly string[],
  { kernel, policy, seconds, attempts, timeoutMs = 900_000 }: VmTrialOptions,
): Promise<Findings> {
  const some = attempts === undefined ? '' : `--attempts ${attempts.join(',')}`;
  const result = await runInVm({
    kernel,
    timeoutMs,
    memoryMiB: 3072,
    // Upper layers of overlays cannot lie on the overlay that is the machine's root.
    command: `TMPDIR=/run ${program} test/bench/servers.ts --only ${names.join(',')} --policy ${policy} --seconds ${seconds} ${some} --out /run/vm/findings`,
  });
  const text = result.file('findings');
  const failed = `${names.join(', ')}: ended with ${result.exitCode}: ${result.output}\n${result.console.slice(-2000)}`;
  if (text === undefined) throw new Error(failed);
  const found = JSON.parse(text) as Findings; // written by our own program
  if (found.trials.length === 0) throw new Error(failed);
  if (result.exitCode !== 0) console.error(failed);
  return found;
}
