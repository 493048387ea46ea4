import { mergePolicies, type SectionName } from '@runward/policy';
import { testPolicy } from '@runward/policy/testing';
import { describe, expect, it } from 'vitest';
import { creationOnly, mechanismDiagnostics } from './admission.js';
import { holdOf, standingsOf } from './standing.js';
import { withSomeHandles as abilities } from './testing/fake-kernel.js';

const denying = (handles: string, more = '') =>
  testPolicy(`kernelSurface: { mode: protect, deny: [${handles}]${more} }`, 'surface');

describe('handles in protect, where the kernel enforces some', () => {
  it.each([
    ['those of the kernel', 'raw-devices, core-pattern', false, 'warning ENFORCEMENT_LIMITED'],
    ['those of the wrapper, without one', 'bpf', false, 'error ENFORCEMENT_NO_MECHANISM bpf'],
    ['those of the wrapper', 'bpf', true, ''],
    ['those of both', 'bpf, raw-devices', true, 'warning ENFORCEMENT_LIMITED'],
    ['one of neither', 'bpf, raw-devices, sysrq', true, 'error ENFORCEMENT_NO_MECHANISM sysrq'],
  ])('%s', (_, handles, wrapper, expected) => {
    const found = mechanismDiagnostics(denying(handles), { abilities, wrapper });
    const told = found.map(({ severity, code, message }) =>
      `${severity} ${code} ${/nothing on this machine enforces `kernelSurface`: ([\w-]+):/.exec(message)?.[1] ?? ''}`.trim(),
    );
    expect(told.join()).toBe(expected);
  });

  it('are reported and no more where the policy says so', () => {
    const found = mechanismDiagnostics(denying('sysrq', ', onMissing: alert'), { abilities, wrapper: true });
    expect(found.map(({ severity }) => severity)).toEqual(['warning']);
  });

  it('are in force in running containers when all are the kernel’s', () => {
    const means = { abilities, wrapper: true };
    expect(creationOnly(denying('raw-devices'), means)).toEqual([]);
    expect(creationOnly(denying('bpf'), means)).toEqual(['kernelSurface']);
  });
});

describe('the section of a container says', () => {
  const shown = (handles: string, held: readonly SectionName[], problem = '') => {
    const effective = mergePolicies([denying(handles)]);
    return standingsOf(effective, abilities, holdOf(effective, held), problem).map(
      (standing) => standing.mechanism || standing.problem,
    );
  };
  it.each([
    ['raw-devices', [], '', 'cgroup'],
    ['bpf', [], '', 'bpf: no BPF LSM'],
    ['bpf', ['kernelSurface'], '', 'creation'],
    ['bpf, raw-devices', ['kernelSurface'], '', 'cgroup, creation'],
    ['bpf, raw-devices', [], '', 'bpf: no BPF LSM'],
    ['bpf, raw-devices', ['kernelSurface'], 'detached', 'detached'],
    ['bpf', ['kernelSurface'], 'detached', 'creation'],
  ] as const)('%s, held at creation: %j, %j: %s', (handles, held, problem, expected) => {
    expect(shown(handles, held, problem)).toEqual([expected]);
  });
});
