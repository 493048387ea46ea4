/**
 * Flows: who talks to whom. Readings of the kernel's counters become a bounded table of flows, their ends get names, and
 * all of them together a map of services. Pure: whoever reads the kernel and knows the containers is above.
 *
 * @packageDocumentation
 */
export { type ConntrackEntry, conntrackIndex, parseConntrack, type Translation } from './conntrack.js';
export { COUNTERS, type FlowCounters, failuresOf, noCounters, openOf } from './counters.js';
export {
  type ContainerEnd,
  type Endpoint,
  type EndpointKind,
  NAME_LABELS,
  nodeOf,
  workloadName,
} from './endpoint.js';
export { type FlowFilter, type ParsedFilter, parseFilter } from './filter.js';
export type { Flow, FlowId, FlowRates, FlowReading, FlowRole, UnixLink } from './flow.js';
export { FlowTable, type FlowTableOptions, type TableEntry } from './flow-table.js';
export { type AddressOwner, localAddresses, PeerBook } from './peer-book.js';
export { buildMap, edgeFacts, edgeKey, type MapEdge, type MapNode, type ServiceMap } from './service-map.js';
export { FlowLedger } from './summary/flow-ledger.js';
export type { AddressSet, FlowSummary, NamedFlow } from './summary/flow-summary.js';
export { joinUnixSockets, type UnixSocket } from './unix-links.js';
export { type BookEntry, type PolicyCounts, type TrafficVerdict, VerdictBook } from './verdict-book.js';
