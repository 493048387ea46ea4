import type { FlowCounters } from './counters.js';
import type { Endpoint } from './endpoint.js';
import type { PolicyCounts } from './verdict-book.js';

/** Who began: with TCP who connected, else who sent the first packet. */
export type FlowRole = 'client' | 'server';

/** What names a flow: one cgroup, one remote address, one port of the side that serves. */
export interface FlowId {
  /** As events name it. */
  readonly cgroup: number;
  /** Inode number of the network namespace of the sockets. */
  readonly netns: number;
  /** `rest`: no flow, but all of the cgroup that found no room in the kernel. */
  readonly role: FlowRole | 'rest';
  /** `tcp`, `udp`, `icmp`, `icmpv6`, `sctp`, or `ip-` and the number. */
  readonly protocol: string;
  readonly remote: string;
  /** Of the side that serves; 0 where the protocol has none. */
  readonly port: number;
}

/** What the kernel counts of a flow, read once. */
export interface FlowReading extends FlowId {
  /** CLOCK_BOOTTIME; the kernel's entry is another one when this changed. */
  readonly firstNs: number;
  readonly local: string;
  /** An IPv6 socket that spoke IPv4. */
  readonly isMapped: boolean;
  /** Older than the agent, and nothing told who began it. */
  readonly isGuessed: boolean;
  /** Packets the sender built itself. */
  readonly isRaw: boolean;
  readonly counters: FlowCounters;
}

/** Per second, over the last half minute to minute. */
export interface FlowRates {
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly connections: number;
  readonly failures: number;
}

/** A flow with both of its ends. */
export interface Flow {
  readonly role: FlowRole;
  readonly protocol: string;
  readonly port: number;
  /** The end whose sockets were counted. */
  readonly self: Endpoint;
  readonly peer: Endpoint;
  readonly local: string;
  /** Address at the other end, as the sockets have it. */
  readonly remote: string;
  readonly isMapped: boolean;
  readonly isGuessed: boolean;
  readonly isRaw: boolean;
  readonly counters: FlowCounters;
  readonly open: number;
  readonly rates: FlowRates;
  /** undefined: no policy judged it. */
  readonly policy?: Readonly<PolicyCounts> | undefined;
  readonly firstSeenMs: number;
  readonly lastActiveMs: number;
}

/** Unix sockets through which two containers, or a container and the host, are connected now. */
export interface UnixLink {
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** As the server bound it; `@` stands for the zero byte of an abstract name. */
  readonly path: string;
  readonly open: number;
}
