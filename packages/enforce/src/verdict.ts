import type { SectionName } from '@runward/policy';
import type { Mechanism } from './ability.js';

/** What the kernel denied, or would have; decoded from `struct rw_verdict`. */
export interface KernelVerdict {
  /** Number of the set that decided; what {@link Enforcement.load} returned. */
  readonly set: number;
  /** Number of the line in the effective policy; 0: none decided ({@link KernelVerdict.unresolved}). */
  readonly line: number;
  readonly section: SectionName;
  /** In the words of the section: `start`, `read`, `connect`, a capability's or a handle's name. */
  readonly operation: string;
  /** Path, `address:port`, or what else was acted on; '' where nothing more is known than the operation. */
  readonly object: string;
  /** Of connecting and of connections from elsewhere: with whom, at which port of the side that serves. */
  readonly traffic?: { readonly remote: string; readonly port: number; readonly protocol: string };
  readonly outcome: 'denied' | 'killed' | 'would-deny';
  readonly mechanism: Mechanism;
  /** It could not be judged, and `onFailure` decided. */
  readonly unresolved: boolean;
  /** A rename or link that would have given rights the mover does not have. */
  readonly moved: boolean;
  /** It is allowed as such, and was more than a limit takes; `operation` is `send` or `receive` where it is one of bandwidth. */
  readonly limit?: true;
  /** Decided by another name of the file than the one it was reached by. */
  readonly otherName: boolean;
  /** Cgroup the actor is bound by, as the sensor names it. */
  readonly cgroup: number;
  /** CLOCK_BOOTTIME, nanoseconds. */
  readonly bootNs: number;
  /** When the process began, CLOCK_BOOTTIME in nanoseconds: with pid, its identity. */
  readonly startNs: number;
  /** In the host's pid namespace. */
  readonly pid: number;
  readonly uid: number;
  readonly comm: string;
  /** Verdicts of this cgroup that were counted but not sent, so far. */
  readonly suppressed: number;
}
