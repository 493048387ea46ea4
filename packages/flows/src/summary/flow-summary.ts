import type { FlowCounters } from '../counters.js';
import type { Endpoint } from '../endpoint.js';
import type { Flow, FlowRole } from '../flow.js';
import type { PolicyCounts } from '../verdict-book.js';

/** A flow, and what names it as long as it is the same one. */
export interface NamedFlow {
  readonly key: string;
  /** Names what policies said of it, which may be of several flows. */
  readonly policyKey: string;
  readonly flow: Flow;
}

/** Addresses of one end; beyond a bound they are counted. */
export interface AddressSet {
  readonly known: readonly string[];
  readonly more: number;
}

/** What happened in a span of time between one container and another end, at one port of the side that serves. */
export interface FlowSummary {
  readonly role: FlowRole;
  readonly protocol: string;
  readonly port: number;
  /** A container: the end whose sockets were counted. */
  readonly self: Endpoint;
  /** undefined: what had no room among the summaries of this container, together. */
  readonly peer: Endpoint | undefined;
  readonly selfAddresses: AddressSet;
  readonly peerAddresses: AddressSet;
  /** Addresses and ports the client meant, where they were translated. */
  readonly services: readonly string[];
  /** In this span alone. */
  readonly counters: Readonly<FlowCounters>;
  readonly policy: Readonly<PolicyCounts> | undefined;
  /** At its end. */
  readonly open: number;
}
