import { formatIpv4, formatIpv6 } from '@runward/events';
import type { FlowCounters, FlowReading } from '@runward/flows';
import { RwFlow, RwFlowFlag, RwFlowKey, RwFlowRole } from './layout.generated.js';

const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [2, 'igmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [47, 'gre'],
  [58, 'icmpv6'],
  [132, 'sctp'],
  [136, 'udplite'],
]);

const PREFIX = 12;

/** The kernel has every address in 16 bytes; `::ffff:a.b.c.d` is the IPv4 address. */
export function addressAt(bytes: Uint8Array, at: number): string {
  for (let i = 0; i < PREFIX; i += 1)
    if (bytes[at + i] !== (i < PREFIX - 2 ? 0 : 0xff)) return formatIpv6(bytes, at);
  return formatIpv4(bytes, at + PREFIX);
}

/** Where in its buffer a key or value is. */
export interface Place {
  readonly bytes: Uint8Array;
  readonly data: DataView;
  readonly at: number;
}

export function decodeFlow(key: Place, value: Place): FlowReading {
  const number = key.data.getUint8(key.at + RwFlowKey.protocol);
  const role = key.data.getUint8(key.at + RwFlowKey.role);
  const flags = value.data.getUint32(value.at + RwFlow.flags, true);
  const remote = addressAt(key.bytes, key.at + RwFlowKey.remote);
  const local = addressAt(value.bytes, value.at + RwFlow.local);
  return {
    cgroup: wide(key, RwFlowKey.cgroup),
    netns: key.data.getUint32(key.at + RwFlowKey.netns, true),
    role:
      (flags & RwFlowFlag.RW_FLOW_REST) !== 0
        ? 'rest'
        : role === RwFlowRole.RW_ROLE_SERVER
          ? 'server'
          : 'client',
    protocol: PROTOCOLS.get(number) ?? `ip-${number}`,
    remote,
    port: key.data.getUint16(key.at + RwFlowKey.port, true),
    firstNs: wide(value, RwFlow.first_ns),
    // The zero address has no family; it is that of the other end.
    local: local === '::' && !remote.includes(':') ? '0.0.0.0' : local,
    isMapped: (flags & RwFlowFlag.RW_FLOW_MAPPED) !== 0,
    isGuessed: (flags & RwFlowFlag.RW_FLOW_GUESSED) !== 0,
    isRaw: (flags & RwFlowFlag.RW_FLOW_RAW) !== 0,
    counters: decodeCounters(value),
  };
}

export function decodeCounters(value: Place): FlowCounters {
  const narrow = (offset: number): number => value.data.getUint32(value.at + offset, true);
  return {
    bytesOut: wide(value, RwFlow.bytes_out),
    bytesIn: wide(value, RwFlow.bytes_in),
    packetsOut: wide(value, RwFlow.packets_out),
    packetsIn: wide(value, RwFlow.packets_in),
    attempts: narrow(RwFlow.attempts),
    established: narrow(RwFlow.established),
    existing: narrow(RwFlow.existing),
    closed: narrow(RwFlow.closed),
    refused: narrow(RwFlow.refused),
    timedOut: narrow(RwFlow.timed_out),
    unreachable: narrow(RwFlow.unreachable),
    abandoned: narrow(RwFlow.abandoned),
    resetsIn: narrow(RwFlow.resets_in),
    resetsOut: narrow(RwFlow.resets_out),
  };
}

/** Exact up to 2^53: more bytes than a machine moves, and cgroup ids by construction. */
const wide = ({ data, at }: Place, offset: number): number =>
  data.getUint32(at + offset, true) + data.getUint32(at + offset + 4, true) * 2 ** 32;
