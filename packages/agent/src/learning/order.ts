import type { PlainPolicy, WorkloadProfile } from '@runward/policy';

/** A workload that is to be learnt, as it travels to the sensor's thread. */
export interface LearnOrder {
  readonly workload: string;
  /** Policies with a section in mode `learn`, whose containers are the workload; empty: those its name says. */
  readonly policies: readonly PlainPolicy[];
  /** By name as well: `learn start` was told so. */
  readonly byName: boolean;
  /** What is known of it already. */
  readonly earlier: WorkloadProfile | undefined;
}

/** All that is to be learnt from now on. */
export interface LearnOrders {
  readonly session: string;
  readonly orders: readonly LearnOrder[];
}

/** What the sensor's thread says of its learning. */
export interface LearnReport {
  /** Profiles that have news; all of them when they were asked for. */
  readonly profiles: readonly WorkloadProfile[];
  /** Programs of the kernel this machine has not, by name. */
  readonly missing: readonly string[];
}
