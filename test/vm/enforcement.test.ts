import { beforeAll, describe, expect, it } from 'vitest';
import { testImage } from '../e2e/harness/index.js';
import { CASES } from './enforcement/cases.js';
import type { Results } from './enforcement/run-cases.js';
import { runInVm } from './vm.js';

const node =
  'scripts/node --conditions=source --experimental-transform-types --disable-warning=ExperimentalWarning --import ./test/typescript.mjs';
describe.each(['6.12'] as const)('enforcement by BPF LSM on kernel %s', (kernel) => {
  let results: Results;
  let said = '';

  beforeAll(async () => {
    // Built here: the machine has no compiler.
    const { rootfs } = await testImage();
    const command = `export RUNWARD_ROOTFS=${rootfs}
${node} test/vm/enforcement/run-cases.ts /run/enforcement && cp /run/enforcement/results.json /run/vm/`;
    const machine = await runInVm({ kernel, command, timeoutMs: 580_000 });
    said = machine.output;
    // Both are our own programs'.
    results = JSON.parse(machine.file('results.json') ?? 'null') as Results;
  });

  it('enforces every section but system calls by LSM', () => {
    expect(results, said).not.toBeNull();
    for (const section of ['process', 'file', 'network', 'capabilities', 'kernelSurface', 'privilege'])
      expect(results.abilities).toContainEqual(
        expect.objectContaining({ section, mechanism: 'lsm', problem: '' }),
      );
  });

  it.for(CASES)('$name', ({ name, lacks }, test) => {
    if (lacks?.[kernel] !== undefined) test.skip(lacks[kernel]);
    expect(results, said).not.toBeNull();
    expect(results.cases.find((each) => each.name === name)).toEqual({ name, problem: '' });
  });
});
