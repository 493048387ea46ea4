import { describe, expect, it } from 'vitest';
import { serverImage } from '../e2e/servers/layer.js';
import { SERVERS } from '../e2e/servers/servers.js';
import type { Findings } from '../e2e/servers/table.js';
import { runInVm } from './vm.js';

/** Short: the machine is emulated. The documented run is a minute on each (docs/server-hardening.md). */
const seconds = 6;

/** `policy`: `learned`, or `preset` for the one of policies/ that is made for the server, or the name of another. */
async function tryInVm(server: string, policy: string): Promise<Findings> {
  await serverImage(); // built outside: inside it would be lost, and slow
  const program = 'scripts/node --experimental-transform-types --no-warnings --import ./test/typescript.mjs';
  const result = await runInVm({
    kernel: '6.12',
    memoryMiB: 3072,
    timeoutMs: 500_000,
    // Upper layers of overlays cannot lie on the overlay that is the machine's root.
    command: `TMPDIR=/run ${program} test/bench/servers.ts --only ${server} --policy ${policy} --seconds ${seconds} --out /run/vm/findings`,
  });
  expect(result.exitCode, `${result.output}\n${result.console.slice(-2000)}`).toBe(0);
  return JSON.parse(result.file('findings') ?? ''); // written by our own program
}

describe.each(SERVERS)('$name on kernel 6.12', ({ name }) => {
  it('learned under load, carries the same load with no false denial, and every attack is denied', async () => {
    const { before, trials } = await tryInVm(name, 'learned');
    expect(trials).toHaveLength(1);
    for (const { failures, falseDenials, attempts } of trials) {
      expect({ failures, falseDenials }).toEqual({ failures: [], falseDenials: [] });
      const real = attempts.filter((a) => before[name]?.find((b) => b.name === a.name)?.worked);
      expect(real.length).toBeGreaterThan(10);
      expect(real.filter(({ worked }) => worked).map((a) => a.name)).toEqual([]);
    }
  });
});
