import { compileForKernel, type KernelTables, mergePolicies, readPolicies } from '@runward/policy';

/** The compiled tables of a policy, given by its `spec`. */
export function tablesOf(spec: string): KernelTables {
  const head = 'apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata:\n  name: test\nspec:\n';
  const text = head + spec.replace(/^(?=.)/gm, '  ');
  const { policies, diagnostics } = readPolicies([{ name: 'test.yaml', text }]);
  const { tables } = compileForKernel(mergePolicies(policies));
  if (policies.length === 0 || tables === undefined) throw new Error(JSON.stringify(diagnostics));
  return tables;
}
