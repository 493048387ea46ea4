import type { Server } from '../e2e/servers/servers.js';
import type { Findings } from '../e2e/servers/table.js';
import type { KernelSeries } from './initramfs.js';
import { runInVm } from './vm.js';

const program = 'scripts/node --experimental-transform-types --no-warnings --import ./test/typescript.mjs';

export interface VmTrialOptions {
  readonly kernel: KernelSeries;
  /** As `--policy` of test/bench/servers.ts has it. */
  readonly policy: string;
  readonly seconds: number;
  readonly say: (value: unknown) => void;
  /** Of one machine. */
  readonly timeoutMs?: number;
}

/** The bench in a machine of its own per server; the images are built outside, where it is quick and stays. */
export async function tryServersInVm(
  servers: readonly Pick<Server, 'name'>[],
  { kernel, policy, seconds, say, timeoutMs = 900_000 }: VmTrialOptions,
): Promise<Findings> {
  let all: Findings = { host: '', seconds, before: {}, trials: [] };
  for (const { name } of servers) {
    const result = await runInVm({
      kernel,
      timeoutMs,
      memoryMiB: 3072,
      // Upper layers of overlays cannot lie on the overlay that is the machine's root.
      command: `TMPDIR=/run ${program} test/bench/servers.ts --only ${name} --policy ${policy} --seconds ${seconds} --out /run/vm/findings`,
    });
    const text = result.file('findings');
    if (result.exitCode !== 0 || text === undefined)
      throw new Error(
        `${name}: ended with ${result.exitCode}: ${result.output}\n${result.console.slice(-2000)}`,
      );
    const found = JSON.parse(text) as Findings; // written by our own program
    for (const trial of found.trials) say(trial);
    all = {
      ...found,
      before: { ...all.before, ...found.before },
      trials: [...all.trials, ...found.trials],
    };
  }
  return all;
}
