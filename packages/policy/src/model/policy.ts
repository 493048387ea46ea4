import type { SourceSpan } from '@runward/core';
import type { TrustSection } from './trust.js';

/**
 * What a RuntimePolicy says, after reading and checking: names are valid, patterns parse, defaults are filled in.
 * Each list entry is a *line*: it keeps where it was written, and every verdict names the line that decided.
 */
export interface RuntimePolicy {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly owner: string;
  readonly description: string;
  /** The author's own; any text. */
  readonly version: string;
  readonly selector: Selector;
  /** Absent sections say nothing: they neither allow nor deny. */
  readonly process?: ProcessSection;
  readonly file?: FileSection;
  readonly network?: NetworkSection;
  readonly capabilities?: NameSection;
  readonly syscalls?: NameSection;
  readonly kernelSurface?: NameSection;
  readonly privilege?: PrivilegeSection;
  /** Not about what a container does but what it is made of: judged before it is there, and while it runs. */
  readonly trust?: TrustSection;
  /** Where it was read from. */
  readonly span: SourceSpan;
}

/** All given parts must hold; within a part any entry; an empty selector matches every container. */
export interface Selector {
  /** Patterns (`*`, `?`) over pod namespaces. A container outside Kubernetes has none and does not match. */
  readonly namespaces: readonly string[];
  readonly podLabels: ReadonlyMap<string, string>;
  readonly containerLabels: ReadonlyMap<string, string>;
  /** Patterns over the image reference as given and over repository without tag. */
  readonly images: readonly string[];
  readonly digests: readonly string[];
  readonly runtimes: readonly string[];
  /** Patterns over the container's name. */
  readonly containerNames: readonly string[];
}

/** Those a selector can name: the runtimes of the event model. */
export const RUNTIMES = ['containerd', 'cri-o', 'docker', 'podman', 'runc', 'crun', 'unknown'] as const;

/** What of a container selectors look at. A `ContainerInfo` of the event model has all of it. */
export interface Workload {
  readonly name: string;
  readonly runtime: string;
  readonly image: string;
  readonly imageRepository: string;
  readonly imageDigest: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly pod: { readonly namespace: string; readonly labels: ReadonlyMap<string, string> } | undefined;
}

export const SECTIONS = [
  'process',
  'file',
  'network',
  'capabilities',
  'syscalls',
  'kernelSurface',
  'privilege',
] as const;
export type SectionName = (typeof SECTIONS)[number];
/** What of a policy has a mode: its sections, and what its containers are made of. */
export const MODED = [...SECTIONS, 'trust'] as const;
export type ModedName = (typeof MODED)[number];

export const MODES = ['off', 'learn', 'monitor', 'protect'] as const;
export const VERDICTS = ['allow', 'deny'] as const;
export const RESPONSES = ['deny', 'kill'] as const;
export const FAILURES = ['open', 'closed'] as const;
export const MISSING = ['refuse', 'alert'] as const;

/**
 * off: the section says nothing. learn: what happens is recorded for a profile, nothing is reported.
 * monitor: what protect would deny is reported and happens. protect: it is denied and reported.
 */
export type Mode = (typeof MODES)[number];
export type Verdict = (typeof VERDICTS)[number];

/** What every section has. */
export interface SectionBase {
  readonly mode: Mode;
  /** What holds for an action that no line of any policy names. */
  readonly default: Verdict;
  /** Besides denying: end the process that tried. */
  readonly response: (typeof RESPONSES)[number];
  /** When Runward cannot answer (agent away at creation, no room in the kernel): let it happen, or not. */
  readonly onFailure: (typeof FAILURES)[number];
  /** When this host has no mechanism for the section and it is in protect: refuse the policy, or only report. */
  readonly onMissing: (typeof MISSING)[number];
  readonly span: SourceSpan;
  /** Where its settings were written, by key; those that hold by default or from elsewhere are absent. */
  readonly keys?: Readonly<Record<string, SourceSpan>>;
}

/** One entry of an allow or deny list. */
export interface Line {
  readonly span: SourceSpan;
  /** The author's reason, shown with the verdict. */
  readonly comment: string;
}

/**
 * Paths as the kernel has them below the root of the container's mount namespace, links resolved. A pattern:
 * `path` one file; `directory` everything below it, itself included; `glob` with `*` `?` `[a-z]` `{a,b}` within a
 * component and `**` across. What a pattern accepts is `globOf` of `pattern/`.
 */
export interface PathPattern {
  readonly kind: 'path' | 'directory' | 'glob';
  /** As written. */
  readonly text: string;
}

export interface ProcessSection extends SectionBase {
  readonly allow: readonly ProcessLine[];
  readonly deny: readonly ProcessLine[];
  /** Executables that are not in the image (upper layer of its file system, or a later mount that is writable). */
  readonly drift: Verdict;
  /** Programs from memory (memfd, deleted files, /proc/self/fd). */
  readonly fileless: Verdict;
}

export interface ProcessLine extends Line {
  readonly pattern: PathPattern;
  readonly except: readonly PathPattern[];
  /** Hex digests of the file; empty: any. */
  readonly sha256: readonly string[];
  /** Globs over the arguments after argv[0], joined by one blank; empty: any. */
  readonly arguments: readonly string[];
  /** One of these must be an ancestor in the container; empty: any. */
  readonly ancestors: readonly PathPattern[];
}

export const FILE_OPERATIONS = [
  'read',
  'write',
  'create',
  'delete',
  'rename',
  'link',
  'chmod',
  'chown',
  'mount',
  'execute',
] as const;
/** `execute` is mapping as code (libraries); starting a program is the process section's. */
export type FileOperation = (typeof FILE_OPERATIONS)[number];

export interface FileSection extends SectionBase {
  readonly allow: readonly FileLine[];
  readonly deny: readonly FileLine[];
}

export interface FileLine extends Line {
  readonly pattern: PathPattern;
  readonly except: readonly PathPattern[];
  readonly operations: readonly FileOperation[];
  /** Only where the acting user owns the file. */
  readonly ownerOnly: boolean;
  /** Only by these executables; empty: any. */
  readonly from: readonly PathPattern[];
}

export interface NetworkSection extends SectionBase {
  /** What holds for connections from elsewhere (`accept`) that no line names; loopback apart. */
  readonly ingress: Verdict;
  /** The same of connections to elsewhere (`connect`). */
  readonly egress: Verdict;
  /** Per second, for the container as a whole; what is left out has no limit. */
  readonly limits?: NetworkLimits;
  readonly allow: readonly NetworkLine[];
  readonly deny: readonly NetworkLine[];
}

export const LIMITED = ['connections', 'egress', 'ingress'] as const;
/**
 * connections: those of TCP and SCTP that the container begins; egress, ingress: bytes of the packets its sockets send and
 * take, headers of IP included. Loopback apart.
 */
export type Limited = (typeof LIMITED)[number];
export type NetworkLimits = Readonly<Partial<Record<Limited, number>>>;

export const NETWORK_OPERATIONS = ['connect', 'bind', 'listen', 'create', 'accept'] as const;
/** connect: to a remote address; bind: a local one; create: a socket of that family and type; accept: from a remote one. */
export type NetworkOperation = (typeof NETWORK_OPERATIONS)[number];
export const NETWORK_FAMILIES = ['ipv4', 'ipv6', 'unix', 'netlink', 'packet', 'other'] as const;
export type NetworkFamily = (typeof NETWORK_FAMILIES)[number];
export const NETWORK_PROTOCOLS = ['tcp', 'udp', 'raw', 'sctp', 'icmp'] as const;
export type NetworkProtocol = (typeof NETWORK_PROTOCOLS)[number];

export interface NetworkLine extends Line {
  readonly operation: NetworkOperation;
  /** Empty: as {@link familiesOf} says. */
  readonly families: readonly NetworkFamily[];
  readonly protocols: readonly NetworkProtocol[];
  /** Of the remote end for connect and accept, of the local one else; CIDR. With no peers either: any. */
  readonly cidrs: readonly string[];
  /** Networks within `cidrs` that the line is not about; without cidrs and peers, within everything. */
  readonly except: readonly string[];
  /** Who else is the remote end, besides those in `cidrs`. */
  readonly peers: readonly Peer[];
  /** Networks that those of `peers` come to which only a machine knows; see `resolvePeers`. */
  readonly resolved?: readonly string[];
  /** Of the remote end for connect, of the local one else. */
  readonly ports: readonly PortRange[];
  /** Only by these executables; empty: any. */
  readonly from: readonly PathPattern[];
}

export const NAMED_PEERS = ['self', 'host', 'metadata', 'kubernetes-api'] as const;
/**
 * self: the container's own addresses; host: those of the machine it runs on; metadata: the instance metadata service
 * of clouds; kubernetes-api: the API server the container was told of.
 */
export type NamedPeer = (typeof NAMED_PEERS)[number];

/** Someone at the other end who is not written as an address. */
export type Peer =
  | { readonly kind: 'named'; readonly name: NamedPeer }
  /** A name, or `*.` and one, of name servers' answers to the container. */
  | { readonly kind: 'name'; readonly pattern: string }
  /** A Kubernetes service, by the name it has in the cluster. */
  | { readonly kind: 'service'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'workload'; readonly workload: WorkloadPeer };

/** Containers on this machine, as a selector names them; plain, since lines travel as JSON. */
export interface WorkloadPeer {
  readonly namespaces: readonly string[];
  readonly podLabels: Readonly<Record<string, string>>;
  readonly containerLabels: Readonly<Record<string, string>>;
  readonly images: readonly string[];
  readonly containerNames: readonly string[];
}

/** Both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** capabilities: `NET_ADMIN`; syscalls: `mount`; kernelSurface: members of {@link KERNEL_SURFACE}. */
export interface NameSection extends SectionBase {
  readonly allow: readonly NameLine[];
  readonly deny: readonly NameLine[];
}

export interface NameLine extends Line {
  readonly name: string;
}

/** Handles of the kernel that ordinary workloads do not touch, by the name a policy uses. */
export const KERNEL_SURFACE = [
  'modules',
  'bpf',
  'ptrace',
  'perf',
  'userfaultfd',
  'mount',
  'pivot-root',
  'setns',
  'unshare-user',
  'unshare',
  'io-uring',
  'keyctl',
  'kexec',
  'raw-devices',
  'kernel-memory',
  'core-pattern',
  'modprobe-path',
  'uevent-helper',
  'release-agent',
  'cgroup-files',
  'binfmt-misc',
  'sysrq',
  'sysctl',
  'kernel-log',
  'signal-outside',
  'runtime-socket',
  'host-process-files',
] as const;
export type KernelHandle = (typeof KERNEL_SURFACE)[number];

export interface PrivilegeSection extends SectionBase {
  /** Demands no_new_privs. */
  readonly noNewPrivileges: boolean;
  /** Starting setuid, setgid or file-capability executables. */
  readonly setuidExecution: Verdict;
  /** The root file system is read-only; mounts below it keep their own rights. */
  readonly readOnlyRoot: boolean;
}
