import type { Owned } from './view.js';

/** The other end of a flow, as rules see it. */
export interface FlowPeer {
  readonly kind: 'container' | 'host' | 'service' | 'external';
  /** The container, the first of the names, or the address. */
  readonly name: string;
  readonly container?:
    | {
        readonly id: string;
        readonly name: string;
        readonly image: string;
        readonly workload: string;
        readonly pod?: { readonly name: string; readonly namespace: string } | undefined;
      }
    | undefined;
  /** The address the client meant, where it was translated. */
  readonly service?: { readonly address: string; readonly port: number } | undefined;
}

/** Cumulative since the flow was first seen; out and in as its own end sees them. */
export interface FlowCounts {
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly packetsOut: number;
  readonly packetsIn: number;
  readonly attempts: number;
  readonly established: number;
  readonly existing: number;
  readonly closed: number;
  readonly refused: number;
  readonly timedOut: number;
  readonly unreachable: number;
  readonly abandoned: number;
  readonly resetsIn: number;
  readonly resetsOut: number;
}

/** What is known of a flow: one container, one remote address, one port of the side that serves. */
export interface FlowFacts {
  readonly role: 'client' | 'server';
  /** `tcp`, `udp`, `icmp`, `icmpv6`, `sctp`, or `ip-` and the number. */
  readonly protocol: string;
  /** Of the side that serves; 0 where the protocol has none. */
  readonly port: number;
  /** '' where it is not known. */
  readonly local: string;
  readonly remote: string;
  readonly isMapped: boolean;
  readonly isGuessed: boolean;
  readonly isRaw: boolean;
  readonly peer: FlowPeer;
  readonly counters: FlowCounts;
  /** Connections that are open now. */
  readonly open: number;
  /** Per second. */
  readonly rates: {
    readonly bytesOut: number;
    readonly bytesIn: number;
    readonly connections: number;
    readonly failures: number;
  };
  /** What policies said; undefined: none judged it. */
  readonly policy?:
    | { readonly allowed: number; readonly denied: number; readonly wouldDeny: number }
    | undefined;
  readonly firstSeenMs: number;
  readonly lastActiveMs: number;
}

/** A flow as it was when it was read: what rules with `source: flow` judge. */
export interface FlowView extends Owned {
  /** What the container's replicas have in common; undefined: the host's. */
  readonly workload: string | undefined;
  readonly flow: FlowFacts;
  /** Names of an address, from answers of name servers to this container. */
  readonly namesOf: (address: string) => readonly string[];
}
