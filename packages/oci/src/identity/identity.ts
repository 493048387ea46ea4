import type { Workload } from '@runward/policy';

/** What a selector may ask of a container and what may not be known before it exists. */
export type Fact = 'image' | 'digest' | 'name' | 'containerLabels' | 'podLabels';

/** Who a container is, told before it exists. */
export interface Identity {
  readonly workload: Workload;
  /** Facts that nobody here could tell; the workload has them empty. */
  readonly unknown: ReadonlySet<Fact>;
  /** Why they are unknown, for people. */
  readonly problem: string;
}

/** What is known of a creation besides the specification. */
export interface CreationPlace {
  readonly id: string;
  readonly bundle: string;
  /** `runc` or `crun`, for containers that no manager stands behind. */
  readonly runtime: string;
  /** Arguments of the process that started the runtime: a shim names its containerd. */
  readonly parentArgs: readonly string[];
}

export const identity = (
  workload: Partial<Workload> & { readonly name: string; readonly runtime: string },
  unknown: readonly Fact[] = [],
  problem = '',
): Identity => ({
  workload: {
    image: '',
    imageRepository: '',
    imageDigest: '',
    labels: new Map(),
    pod: undefined,
    ...workload,
  },
  unknown: new Set(unknown),
  problem,
});
