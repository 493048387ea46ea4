import { readPolicies, type Workload } from '@runward/policy';
import { describe, expect, test } from 'vitest';
import { coverageOf } from './coverage.js';

const workload: Workload = {
  ...{ name: 'web', runtime: 'runc', image: 'shop/web:1', imageRepository: 'shop/web', imageDigest: '' },
  ...{ labels: new Map(), pod: undefined },
};
const policies = (text: string) => readPolicies([{ name: 'p.yaml', text }]).policies;
const document = (name: string, container: string, sections: string) => `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata: { name: ${name} }
spec:
  selector: { containerNames: [${container}] }
${sections}`;

describe('what policies are for a container', () => {
  test('is the strictest mode that one of them has for each section', () => {
    const both = [
      ...policies(document('a', 'web', '  network: { mode: learn }\n  file: { mode: monitor }\n')),
      ...policies(document('b', 'w*', '  network: { mode: protect }\n')),
      ...policies(document('c', 'db', '  process: { mode: protect }\n')),
    ];
    expect(coverageOf(both, workload, undefined)).toMatchObject({
      policies: ['a', 'b'],
      modes: { network: 'protect', file: 'monitor', process: 'off', syscalls: 'off' },
      problems: {},
    });
  });

  test('says why a section is not enforced', () => {
    const own = policies(document('a', 'web', '  network: { mode: protect }\n'));
    const section = {
      section: 'network',
      mode: 'protect',
      mechanism: '',
      problem: 'no BPF',
      limits: [],
    } as const;
    expect(coverageOf(own, workload, { sections: [section] }).problems).toEqual({ network: 'no BPF' });
  });
});
