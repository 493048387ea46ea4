import type { SectionName } from '@runward/policy';
import type { KernelHandle } from '@runward/policy/model';

/** By what a section is enforced: see docs/enforcement.md. */
export type Mechanism = 'lsm' | 'kill-at-exec' | 'cgroup' | 'seccomp' | 'fanotify';

/** What the kernel of this machine does for one section. */
export interface SectionAbility {
  readonly section: SectionName;
  /** Undefined: nothing in the kernel enforces it here; what is set when a container is created still holds. */
  readonly mechanism: Mechanism | undefined;
  /** Why it is not enforced; '' where it is. */
  readonly problem: string;
  /** Where the section as a whole is not enforced: handles of `kernelSurface` that are. */
  readonly partly?: { readonly mechanism: Mechanism; readonly handles: readonly KernelHandle[] };
  /** What of the section this mechanism does not do, in plain words. */
  readonly limits: readonly string[];
  /** Of the network: why connections from elsewhere are not judged here. Undefined where they are. */
  readonly noIngress?: string;
}
