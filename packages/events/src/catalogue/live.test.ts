import { expect, test } from 'vitest';
import type { LiveProcesses } from '../live.js';
import { fieldValue, testProcess, testView } from '../testing/index.js';

const names = ['/dev/null', '10.0.0.1:4000->10.0.0.2:443', 'pipe:[7]'];
const live: LiveProcesses = {
  memory: () => ({ vmSizeKib: 9000, vmRssKib: 800, vmSwapKib: 3, threads: 4 }),
  faults: () => ({ major: 2, minor: 50 }),
  descriptorLimit: () => 1024,
  descriptors: () => [0, 1, 2, 3],
  descriptor: (_, fd) => ({ type: ['file', 'ipv4', 'pipe'][fd] ?? 'file', name: names[fd] ?? '/x' }),
  cgroup: (_, controller) => (controller === 'memory' ? '/docker/x' : undefined),
};
const main = testView({ live });
const other = testView({ live, tid: 4711 });

test.each<[field: string, expected: unknown]>([
  ['proc.vmsize', 9000],
  ['proc.vmrss', 800],
  ['proc.vmswap', 3],
  ['proc.nthreads', 4],
  ['proc.nchilds', 3],
  ['proc.fdopencount', 4],
  ['proc.fdlimit', 1024],
  ['proc.fdusage', 4 / 1024],
  ['proc.stdin.type', 'file'],
  ['proc.stdout.type', 'ipv4'],
  ['proc.stdout.name', '10.0.0.1:4000->10.0.0.2:443'],
  ['proc.stderr.name', 'pipe:[7]'],
  ['thread.pfmajor', 2],
  ['thread.pfminor', 50],
  ['thread.vmsize', 9000],
  ['thread.vmrss', 800],
  ['thread.cgroup[memory]', '/docker/x'],
  ['thread.cgroup[cpu]', undefined],
  ['fd.types', ['file', 'ipv4', 'pipe']],
  ['fd.types[1]', 'ipv4'],
])('%s of a living process', (field, expected) => {
  expect(fieldValue(main, field)).toEqual(expected);
  expect(fieldValue(testView({ process: testProcess() }), field)).toBeUndefined();
});

test('what is counted for a process is shown by its main thread', () => {
  expect(fieldValue(other, 'thread.vmsize')).toBe(0);
  expect(fieldValue(other, 'proc.vmsize')).toBe(9000);
});
