import { beforeAll, describe, expect, it } from 'vitest';
import { testImage } from '../e2e/harness/index.js';
import { CASES } from './enforcement/cases.js';
import type { Results } from './enforcement/run-cases.js';
import { runInVm } from './vm.js';

const node =
  'scripts/node --conditions=source --experimental-transform-types --disable-warning=ExperimentalWarning --import ./test/typescript.mjs';

describe.each(['6.1', '6.12'] as const)('enforcement by BPF LSM on kernel %s', (kernel) => {
  let results: Results;
  let said = '';

  beforeAll(async () => {
    // Built here: the machine has no compiler.
    const { rootfs } = await testImage();
    const command = `export RUNWARD_ROOTFS=${rootfs}; ${node} test/vm/enforcement/run-cases.ts /run/enforcement && cp /run/enforcement/results.json /run/vm/`;
    const machine = await runInVm({ kernel, command, timeoutMs: 560_000 });
    said = machine.output;
    results = JSON.parse(machine.file('results.json') ?? 'null') as Results; // our own program's
  });

  it('enforces processes, files and the network by LSM', () => {
    expect(results, said).not.toBeNull();
    for (const section of ['process', 'file', 'network'])
      expect(results.abilities).toContainEqual(
        expect.objectContaining({ section, mechanism: 'lsm', problem: '' }),
      );
  });

  it.each(CASES.map(({ name }) => name))('%s', (name) => {
    expect(results, said).not.toBeNull();
    expect(results.cases.find((each) => each.name === name)).toEqual({ name, problem: '' });
  });
});
