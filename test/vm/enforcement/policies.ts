import { compileForKernel, type KernelTables, mergePolicies, readPolicies } from '@runward/policy';

/** The kernel's tables of one policy with this `spec`, in protect unless it says otherwise. */
export function tablesOf(spec: object, name = 'test'): KernelTables {
  const text = JSON.stringify({
    apiVersion: 'runward.dev/v1alpha1',
    kind: 'RuntimePolicy',
    metadata: { name },
    spec: { mode: 'protect', ...spec },
  });
  const { policies, diagnostics } = readPolicies([{ name: `${name}.yaml`, text }]);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  const { tables, diagnostics: problems } = compileForKernel(mergePolicies(policies));
  if (tables === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  return tables;
}
