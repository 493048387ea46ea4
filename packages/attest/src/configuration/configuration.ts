/**
 * What a running container may do, as the kernel has it. Every list is sorted and without repetition, and what differs
 * between two containers of the same making (ids, layers, pids) is left out or written as `*`: two that were made alike have
 * the same digest.
 */
export interface Configuration {
  readonly version: 1;
  /** The container's first process. */
  readonly process: ProcessConfiguration;
  /** By the kernel's name; `host` where the container uses the host's, else `own`. */
  readonly namespaces: Readonly<Record<NamespaceName, 'own' | 'host' | 'unknown'>>;
  /** Which ids inside are which outside; empty: they are the host's own. */
  readonly userMapping: readonly string[];
  readonly rootReadOnly: boolean;
  readonly mounts: readonly Mount[];
  readonly devices: Devices;
  readonly limits: CgroupLimits;
  /** What other processes of the container may do that its first may not. */
  readonly beyond: readonly Beyond[];
}

export type NamespaceName = 'cgroup' | 'ipc' | 'mnt' | 'net' | 'pid' | 'user' | 'uts';

export type CapabilitySet = 'inheritable' | 'permitted' | 'effective' | 'bounding' | 'ambient';

export interface ProcessConfiguration {
  readonly executable: string;
  /** Real, effective, saved, file system. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  /** Such as `CAP_CHOWN`. */
  readonly capabilities: Readonly<Record<CapabilitySet, readonly string[]>>;
  readonly noNewPrivileges: boolean;
  readonly seccomp: 'none' | 'strict' | 'filter' | 'unknown';
  /** How many filters judge each call; null where the kernel does not tell (before 5.10). */
  readonly seccompFilters: number | null;
  /** SHA-256 of each filter's instructions, the last installed first; null where they were not read. */
  readonly seccompDigests: readonly string[] | null;
  /** AppArmor's profile and mode or SELinux's context; '' without one. */
  readonly securityLabel: string;
  readonly oomScoreAdjust: number;
  /** Hard limits, as /proc/PID/limits names them. */
  readonly hardLimits: Readonly<Record<string, string>>;
  /** Names of variables; never what they hold. */
  readonly environment: readonly string[];
}

export interface Mount {
  readonly destination: string;
  readonly type: string;
  /** The host's path of what is mounted; '' where it is the container's own. */
  readonly source: string;
  readonly readOnly: boolean;
  /** `nosuid`, `nodev`, `noexec` */
  readonly flags: readonly string[];
  readonly propagation: 'private' | 'slave' | 'shared' | 'unbindable';
}

export interface Devices {
  /** `c 1:3 666 /dev/null` */
  readonly nodes: readonly string[];
  /** What the group may use, as the first version of cgroups tells: `c 1:3 rwm`; null where it does not. */
  readonly rules: readonly string[] | null;
}

/** null: without a limit. */
export interface CgroupLimits {
  readonly memoryBytes: number | null;
  /** Memory and swap together. */
  readonly memorySwapBytes: number | null;
  /** In processors: 1.5 */
  readonly cpus: number | null;
  readonly pids: number | null;
  readonly cpuset: string;
}

export interface Beyond {
  /** The program; several processes of it are one entry. */
  readonly executable: string;
  readonly what: 'capabilities' | 'seccomp' | 'no-new-privileges' | 'namespace' | 'label' | 'root';
  /** Capabilities or namespaces, by name. */
  readonly names: readonly string[];
}

/** A configuration with what it was read of. */
export interface Observation {
  readonly configuration: Configuration;
  /** `sha256:…` of the canonical text (RFC 8785). */
  readonly digest: string;
  readonly pid: number;
  /** What could not be read, in words. */
  readonly gaps: readonly string[];
}
