import type { RuntimePolicy, Workload } from '../model/policy.js';
import { readPolicies } from '../read/read-policies.js';

/**
 * The policies of a YAML text, for tests.
 *
 * @throws Error with all problems when there is one, warnings included unless `warnings` is true
 */
export function testPolicies(yaml: string, { warnings = false } = {}): readonly RuntimePolicy[] {
  const { policies, diagnostics } = readPolicies([{ name: 'test.yaml', text: yaml }]);
  const problems = diagnostics.filter(({ severity }) => severity === 'error' || !warnings);
  if (problems.length > 0) {
    throw new Error(problems.map(({ span, message }) => `${span.line}:${span.column} ${message}`).join('\n'));
  }
  return policies;
}

/** One policy from the text of its `spec`, indentation as it comes. */
export function testPolicy(spec: string, name = 'test', options = {}): RuntimePolicy {
  const head = `apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata:\n  name: ${name}\nspec:\n`;
  const [policy] = testPolicies(head + spec.replace(/^(?=.)/gm, '  '), options);
  if (policy === undefined) throw new Error('no policy was read');
  return policy;
}

/** A container outside Kubernetes. */
export const testWorkload = (facts: Partial<Workload> = {}): Workload => ({
  name: 'web',
  runtime: 'containerd',
  image: 'docker.io/library/nginx:1.27',
  imageRepository: 'docker.io/library/nginx',
  imageDigest: `sha256:${'a'.repeat(64)}`,
  labels: new Map(),
  pod: undefined,
  ...facts,
});
