import {
  compileForKernel,
  type EffectivePolicy,
  type KernelCompilation,
  type PolicyReading,
  readPolicies,
} from '@runward/policy';

/** What takes long with large policies. All of it is plain data, so that it travels between threads. */
export type Job =
  | { readonly kind: 'read'; readonly files: readonly { readonly name: string; readonly text: string }[] }
  | { readonly kind: 'compile'; readonly effective: EffectivePolicy };

export interface JobResults {
  readonly read: PolicyReading;
  readonly compile: KernelCompilation;
}

export function work<K extends Job['kind']>(job: Extract<Job, { kind: K }>): JobResults[K];
export function work(job: Job): JobResults[Job['kind']] {
  return job.kind === 'read' ? readPolicies(job.files) : compileForKernel(job.effective);
}
