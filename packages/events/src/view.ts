import type { LiveProcesses } from './live.js';
import type { AccountNames, AddressNames, ContainerInfo, ProcessInfo } from './model.js';

/** Bits of {@link EventView.flags}; the C side's `RW_F_*`. */
export const EventFlag = {
  /** Entered through the 32-bit system call table. */
  compat32: 1,
  /** Requested through io_uring, not a system call of its own. */
  ioUring: 2,
  /** At least one path or address comes from caller memory, not from a kernel object. */
  callerMemory: 4,
  /** At least one trailing field did not fit and was cut. */
  truncated: 8,
  /** The acting task is not in a container. */
  host: 16,
  /** The result is not known (io_uring request that posts no completion). */
  noResult: 32,
} as const;

/** What a file descriptor argument refers to. */
export type ObjectKind =
  | 'none'
  | 'file'
  | 'directory'
  | 'ipv4'
  | 'ipv6'
  | 'unix'
  | 'netlink'
  | 'packet'
  | 'pipe'
  | 'char'
  | 'block'
  | 'memfd'
  | 'event'
  | 'other';

/** Transport of a socket; `''` where there is none. */
export type Transport = '' | 'tcp' | 'udp' | 'icmp' | 'raw';

/** Whose something is, and when it happened: what an event and a flow have in common. */
export interface Owned {
  /** Nanoseconds since the Unix epoch. */
  readonly timeNs: bigint;
  /** undefined: the host's. */
  readonly container: ContainerInfo | undefined;
  readonly hostname: string;
}

/**
 * One event, as a window over ring memory (or a recording, or test data). A view is reused: whatever must
 * outlive the call that received it is copied out. Every getter decodes on demand; strings are the costly
 * ones. `undefined` means the event does not carry the fact.
 */
export interface EventView {
  /** Id of the event type: a row of SYSCALLS or of INTERNAL_EVENTS. */
  readonly typeId: number;
  readonly typeName: string;
  /** Sequence number in this agent's stream, from 1. */
  readonly number: number;
  readonly cpu: number;
  /** Nanoseconds since the Unix epoch. */
  readonly timeNs: bigint;
  readonly flags: number;
  readonly pid: number;
  readonly tid: number;
  /** Return value: negative errno on failure; undefined when the event has none (exit, noResult). */
  readonly result: number | undefined;
  readonly process: ProcessInfo;
  /** undefined for host events. */
  readonly container: ContainerInfo | undefined;
  readonly accounts: AccountNames;
  readonly hostname: string;
  /** Domain names of addresses; absent where nobody watched for them. */
  readonly names?: AddressNames | undefined;
  /** What only a living process can tell; absent where events are from the past. */
  readonly live?: LiveProcesses | undefined;
  /** When the stream of events began, nanoseconds since the Unix epoch. */
  readonly streamStartNs?: bigint | undefined;
  /** Time of the event before this one; undefined at the first. */
  readonly previousTimeNs?: bigint | undefined;

  /** Register argument `index` (0 to 5) as an unsigned 64-bit value that fits a double, or rounded. */
  arg(index: number): number;
  arg64(index: number): bigint;
  /** Register argument as a signed 32-bit integer (descriptors, pids). */
  argInt(index: number): number;

  /** Resolved absolute path of path operand 0 or 1 (or of the opened file), as the container sees it. */
  path(operand: 0 | 1): string | undefined;
  /** The string the caller passed for path operand 0 or 1. */
  rawPath(operand: 0 | 1): string | undefined;
  /** Path as the host sees it, if the file can be reached there. */
  hostPath(operand: 0 | 1): string | undefined;
  /** String argument that is not a path (`mount` type, module parameters, memfd name, symlink target…). */
  text(operand: 0 | 1): string | undefined;

  /** The file or socket the event acts on. */
  readonly objectKind: ObjectKind;
  /** Descriptor number: of the argument, or the result of open/accept/socket; undefined if there is none. */
  readonly fd: number | undefined;
  readonly inode: bigint | undefined;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  /** `st_mode` of the object, 0 when unknown. */
  readonly fileMode: number;
  readonly fileUid: number | undefined;
  /** Open flags in effect (open family), from the kernel where it kept them. */
  /** Layer of the overlay that holds the file; undefined in no overlay, or where it was not looked up. */
  readonly fileLayer?: 'upper' | 'lower' | undefined;
  readonly openFlags: number;
  readonly openMode: number;
  /** The open created the file. */
  readonly openCreated: boolean;
  readonly openedExec: boolean;

  /** `AF_*` number; undefined when the object is no socket. */
  readonly socketFamily: number | undefined;
  readonly socketType: number | undefined;
  readonly transport: Transport;
  readonly localIp: string | undefined;
  readonly localPort: number | undefined;
  readonly remoteIp: string | undefined;
  readonly remotePort: number | undefined;
  /** Address the caller passed (`connect`, `sendto`, `bind`), when it differs from the socket's peer. */
  readonly callerIp: string | undefined;
  readonly callerPort: number | undefined;
  /** The container accepted or is listening: it is the server of this connection. undefined: not known. */
  readonly isServer: boolean | undefined;
  readonly socketConnected: boolean;
  readonly unixPath: string | undefined;

  /** First bytes read, written, sent or received, when a rule asked for them. */
  readonly data: Uint8Array | undefined;
  /** exec only: set when the event is an exec that failed. */
  readonly execFailed: boolean;
  /** Process created by fork/clone: its pid. */
  readonly childPid: number | undefined;
}
