/** Who acted: the facts the process and container tables keep. Read-only for every room but the sensor. */

/** Capability sets as bit masks (bit n is capability number n of `linux/capability.h`). */
export interface CapabilitySets {
  readonly inheritable: bigint;
  readonly permitted: bigint;
  readonly effective: bigint;
}

/** Where the executable of a process came from; fixed at exec. */
export interface ExecutableFacts {
  /** Absolute path as the process sees it, from the kernel's file object. */
  readonly path: string;
  /** Inode number; 0n when unknown. */
  readonly inode: bigint;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  readonly ctimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly uid: number;
  readonly mode: number;
  /** The file lives in the writable layer of an overlay: it is not part of the image. */
  readonly upperLayer: boolean;
  readonly lowerLayer: boolean;
  readonly memfd: boolean;
  /** The file has no name any more. */
  readonly deleted: boolean;
  /** Writable by the acting user. */
  readonly writable: boolean;
  readonly setuid: boolean;
  readonly setgid: boolean;
}

export interface ProcessInfo {
  /** Thread-group id in the initial pid namespace. */
  readonly pid: number;
  readonly ppid: number;
  /** Thread-group id in the process's own pid namespace. */
  readonly vpid: number;
  readonly sid: number;
  readonly vsid: number;
  readonly pgid: number;
  readonly vpgid: number;
  /** Living or recently ended parent, if known. Bounded depth is the reader's business. */
  readonly parent: ProcessInfo | undefined;
  /** Leader of the session, of the process group; undefined when not known (any more). */
  readonly sessionLeader: ProcessInfo | undefined;
  readonly groupLeader: ProcessInfo | undefined;
  /** Kernel task name, up to 15 bytes. */
  readonly comm: string;
  /** argv, argv[0] first; empty when unreadable. Truncation is marked by `argsTruncated`. */
  readonly args: readonly string[];
  readonly argsTruncated: boolean;
  /** `NAME=value`, only when collection was asked for. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly uid: number;
  readonly gid: number;
  readonly euid: number;
  readonly egid: number;
  /** Audit login uid; 4294967295 when unset. */
  readonly loginuid: number;
  readonly caps: CapabilitySets;
  /** Controlling terminal device number, 0 when there is none. */
  readonly tty: number;
  /** Fork time of the process, nanoseconds since the Unix epoch. */
  readonly startedAtNs: bigint;
  /** Last exec, nanoseconds since the Unix epoch; equals `startedAtNs` where there was none. */
  readonly execAtNs: bigint;
  readonly executable: ExecutableFacts;
  readonly cgroupId: bigint;
  /** Path of the cgroup as the kernel names it, without mount point; '' when unknown. */
  readonly cgroupPath: string;
  /** Namespace inode numbers. */
  readonly pidNs: number;
  readonly mntNs: number;
  readonly netNs: number;
  readonly userNs: number;
}

export interface MountInfo {
  readonly source: string;
  readonly destination: string;
  readonly mode: string;
  readonly readWrite: boolean;
  readonly propagation: string;
}

export type ContainerRuntime = 'containerd' | 'cri-o' | 'docker' | 'podman' | 'runc' | 'crun' | 'unknown';

export interface ContainerInfo {
  /** Full id as the runtime knows it. `host` never appears here: host events have no container. */
  readonly id: string;
  readonly runtime: ContainerRuntime;
  readonly name: string;
  /** Image reference as given, e.g. `docker.io/library/nginx:1.27`; '' when the runtime knows none. */
  readonly image: string;
  readonly imageRepository: string;
  readonly imageTag: string;
  readonly imageDigest: string;
  readonly imageId: string;
  readonly privileged: boolean | undefined;
  readonly mounts: readonly MountInfo[];
  readonly labels: ReadonlyMap<string, string>;
  readonly env: readonly string[];
  readonly user: string;
  readonly ip: string;
  readonly createdAtNs: bigint;
  readonly startedAtNs: bigint;
  readonly hostPid: boolean | undefined;
  readonly hostNetwork: boolean | undefined;
  readonly hostIpc: boolean | undefined;
  /** As Docker writes it: `CMD` and argv, `CMD-SHELL` and a command line, or `NONE`. */
  readonly healthcheck?: readonly string[] | undefined;
  /** argv of the commands the kubelet probes with; only where the pod's manifest is known. */
  readonly livenessProbe?: readonly string[] | undefined;
  readonly readinessProbe?: readonly string[] | undefined;
  readonly pod: PodInfo | undefined;
  /** `complete` when the runtime answered; `path-only` when just the cgroup path is known (and why). */
  readonly metadata: 'complete' | 'path-only';
  readonly metadataProblem: string;
}

export interface PodInfo {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly sandboxId: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly ip: string;
  /** Result of the network plugins, as JSON text. */
  readonly cni?: string | undefined;
}

/** Names of addresses, as the container (or host) got to know them. */
export interface AddressNames {
  /** Empty when none is known. The name learnt last comes first. */
  namesOf(ip: string): readonly string[];
}

/** Names of users and groups as the container (or host) has them. */
export interface AccountNames {
  userName(uid: number): string | undefined;
  userHome(uid: number): string | undefined;
  userShell(uid: number): string | undefined;
  groupName(gid: number): string | undefined;
}
