/**
 * What a workload was seen doing, merged over its replicas. Plain data: it is stored as JSON, shown, compared,
 * generalised and compiled to every mechanism. Times are milliseconds since the Unix epoch. Of a process's own files in
 * `/proc` paths say `/proc/self`, of those of others `/proc/[pid]`, of threads `/task/[tid]`: numbers mean nothing.
 */
export interface WorkloadProfile {
  readonly format: 1;
  /** As `learn start` was told: see {@link WorkloadKey}. */
  readonly workload: string;
  readonly images: readonly string[];
  readonly imageDigests: readonly string[];
  readonly namespaces: readonly string[];
  readonly containerNames: readonly string[];
  readonly coverage: ProfileCoverage;
  readonly processes: readonly ProcessObservation[];
  readonly files: readonly FileObservation[];
  readonly network: readonly NetworkObservation[];
  readonly capabilities: readonly NameObservation[];
  readonly syscalls: readonly NameObservation[];
  /** Handles of the kernel surface that were used. */
  readonly kernelSurface: readonly NameObservation[];
  readonly privilege: {
    /** Some process ran a setuid or setgid executable. */
    readonly setuidExecution: boolean;
    /** Some process gained privileges: what no_new_privs would have prevented. */
    readonly gainedPrivileges: boolean;
    /** Something below the root file system itself (no other mount) was written. */
    readonly wroteRoot: boolean;
    /** Users the processes ran as. */
    readonly uids: readonly number[];
  };
}

export interface ProfileCoverage {
  readonly firstMs: number;
  readonly lastMs: number;
  /** Sum over containers of the time each was watched. */
  readonly watchedMs: number;
  /** Containers that were watched. */
  readonly replicas: number;
  /** Of those, how many were watched from their first process on: starts that are covered. */
  readonly starts: number;
  /** Agents that contributed: 1 and one more per restart of the agent. */
  readonly sessions: number;
  /** When the last new observation came. */
  readonly lastNewMs: number;
  /** Records the kernel had to drop while watching: the profile may lack something. */
  readonly lostRecords: number;
  /** What the numbers above are made of, so that profiles can be merged twice and count once. At most 256. */
  readonly containers?: readonly ContainerCoverage[];
  /** Likewise, by session. At most 64. */
  readonly sessionList?: readonly SessionCoverage[];
  /**
   * Some session had all system calls counted by the kernel. False: `syscalls` has only those that have events of
   * their own, as recordings do. Absent: not known, taken for true.
   */
  readonly callsCounted?: boolean;
  /** What was not kept because a limit was reached, by what it is: `files`, `processes`, `network`, `containers`. */
  readonly omitted?: Readonly<Record<string, number>>;
}

/** One replica. */
export interface ContainerCoverage {
  readonly id: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly watchedMs: number;
  /** Watched from its first process on. */
  readonly fromStart: boolean;
}

/** One run of an agent, or one recording. */
export interface SessionCoverage {
  readonly id: string;
  readonly lostRecords: number;
}

/**
 * Seen how often and when. `startup`: within the first minute of a container; `steady`: after it. Where profiles were
 * merged, `count` and `replicas` are lower bounds.
 */
export interface Seen {
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly startup: boolean;
  readonly steady: boolean;
  /** In how many containers. */
  readonly replicas: number;
}

export interface ProcessObservation extends Seen {
  readonly path: string;
  readonly parent: string;
  /** Some of the argument lists, at most 8. */
  readonly argumentSamples: readonly string[];
  readonly upperLayer: boolean;
  readonly memfd: boolean;
  readonly setuid: boolean;
}

export interface FileObservation extends Seen {
  readonly path: string;
  readonly operations: readonly string[];
  /** Executables that did it, at most 16. */
  readonly by: readonly string[];
  /** The acting user owned the file, each time. */
  readonly ownerOnly: boolean;
  /** How the path lives in the container: its own root, another mount, /proc, /dev. */
  readonly mount: 'root' | 'volume' | 'proc' | 'sys' | 'dev' | 'tmpfs' | 'unknown';
}

export interface NetworkObservation extends Seen {
  readonly operation: 'connect' | 'bind' | 'listen' | 'accept' | 'create';
  readonly family: 'ipv4' | 'ipv6' | 'unix' | 'netlink' | 'packet' | 'other';
  readonly protocol: 'tcp' | 'udp' | 'raw' | 'sctp' | 'icmp' | 'other';
  /** Remote address for connect and accept, local for bind and listen; path for unix; '' for create. */
  readonly address: string;
  readonly port: number;
  /** Names the container knew the address by. */
  readonly names: readonly string[];
  readonly by: readonly string[];
}

export interface NameObservation extends Seen {
  readonly name: string;
  readonly by: readonly string[];
  /** seen: told by the kernel; inferred: concluded from a system call that needs it. */
  readonly evidence: 'seen' | 'inferred';
}
