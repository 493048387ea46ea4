import type { SectionName } from '@runward/policy';

/** Why something is denied: the policy and the line that decides. */
export interface Reason {
  readonly policy: string;
  /** `file:line`, where the policy says so. */
  readonly at: string;
  readonly response: 'deny' | 'kill';
}

/** Sections whose entries are names. */
export type NamedSection = 'capabilities' | 'syscalls' | 'kernelSurface';

/**
 * What the policies of one container demand before it exists: the sections in protect, decided together. A view
 * over the effective policy, so that what creation does is what every other mechanism does.
 */
export interface CreationPolicy {
  /** Of the policies, in order. */
  readonly names: readonly string[];
  /** `sha256:…` over them. */
  readonly digest: string;
  /** What decides a name; undefined when it is allowed. */
  readonly denies: (section: NamedSection, name: string) => Reason | undefined;
  /** Names that lines of the section mention, allowed or denied. */
  readonly mentioned: (section: NamedSection) => readonly string[];
  /** What decides a name that no line mentions. */
  readonly otherwise: (section: NamedSection) => Reason | undefined;
  readonly noNewPrivileges: Reason | undefined;
  readonly setuidExecution: Reason | undefined;
  readonly readOnlyRoot: Reason | undefined;
  /** Sections in protect that any policy has, and what holds when Runward cannot enforce them. */
  readonly protects: ReadonlyMap<SectionName, 'open' | 'closed'>;
}
