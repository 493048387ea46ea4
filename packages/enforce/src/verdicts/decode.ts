import { formatIpv6 } from '@runward/events';
import {
  CAPABILITY_NAMES,
  FILE_OPERATIONS,
  KERNEL_SURFACE,
  NETWORK_FAMILIES,
  NETWORK_OPERATIONS,
  NETWORK_PROTOCOLS,
  PRIVILEGES,
  SECTIONS,
  type SectionName,
} from '@runward/policy';
import type { Mechanism } from '../ability.js';
import {
  RwBandwidthOperation,
  RwMechanism,
  RwNetworkOperation,
  RwOperation,
  RwOutcomeOfVerdict,
  RwVerdict,
  RwVerdictFlag,
} from '../layout.generated.js';
import type { KernelVerdict } from '../verdict.js';

const MECHANISMS: Readonly<Record<number, Mechanism>> = {
  [RwMechanism.RW_BY_LSM]: 'lsm',
  [RwMechanism.RW_BY_KILL_AT_EXEC]: 'kill-at-exec',
  [RwMechanism.RW_BY_CGROUP]: 'cgroup',
  [RwMechanism.RW_BY_SECCOMP]: 'seccomp',
  [RwMechanism.RW_BY_FANOTIFY]: 'fanotify',
};

const OUTCOMES: Readonly<Record<number, KernelVerdict['outcome']>> = {
  [RwOutcomeOfVerdict.RW_DENIED]: 'denied',
  [RwOutcomeOfVerdict.RW_KILLED]: 'killed',
  [RwOutcomeOfVerdict.RW_WOULD_DENY]: 'would-deny',
};

const utf8 = new TextDecoder();
const bitName = (names: readonly string[], bit: number): string => names[31 - Math.clz32(bit)] ?? '';

const BANDWIDTH: Readonly<Record<number, string>> = {
  [RwBandwidthOperation.RW_NET_SEND]: 'send',
  [RwBandwidthOperation.RW_NET_RECEIVE]: 'receive',
};

function operationName(section: SectionName, operation: number): string {
  switch (section) {
    case 'process':
      return 'start';
    case 'file':
      return operation === RwOperation.RW_OP_START ? 'start' : bitName(FILE_OPERATIONS, operation);
    case 'network':
      return BANDWIDTH[operation] ?? bitName(NETWORK_OPERATIONS, operation);
    case 'capabilities':
      return CAPABILITY_NAMES[operation] ?? `capability ${operation}`;
    case 'kernelSurface':
      return KERNEL_SURFACE[operation] ?? '';
    case 'privilege':
      return PRIVILEGES[operation] ?? '';
    case 'syscalls':
      return '';
  }
}

const WITH_PORTS = 3; // bits of IPv4 and IPv6

function networkObject(view: DataView, bytes: Uint8Array): string {
  const detail = (index: number): number => Number(view.getBigUint64(RwVerdict.detail + 8 * index, true));
  const [port, family, protocol] = [detail(0), detail(1), detail(2)];
  const name = bitName(NETWORK_FAMILIES, family);
  const isCreated = view.getUint32(RwVerdict.operation, true) === RwNetworkOperation.RW_NET_CREATE;
  if (isCreated && protocol !== 0) return `${name} ${bitName(NETWORK_PROTOCOLS, protocol)}`;
  if (isCreated || (family & WITH_PORTS) === 0) return name;
  const address = formatIpv6(bytes, RwVerdict.address);
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

const WITH_ENDS = RwNetworkOperation.RW_NET_CONNECT | RwNetworkOperation.RW_NET_ACCEPT;

function trafficOf(view: DataView, bytes: Uint8Array): KernelVerdict['traffic'] {
  const detail = (index: number): number => Number(view.getBigUint64(RwVerdict.detail + 8 * index, true));
  const [port, family, protocol] = [detail(0), detail(1), detail(2)];
  if ((view.getUint32(RwVerdict.operation, true) & WITH_ENDS) === 0 || (family & WITH_PORTS) === 0)
    return undefined;
  return {
    remote: formatIpv6(bytes, RwVerdict.address),
    port,
    protocol: bitName(NETWORK_PROTOCOLS, protocol),
  };
}

/** A Unix socket's name as its address has it: padded with NULs by many, and after a NUL where it is no file's. */
function socketName(name: string): string {
  const text = name.replace(/\0+$/, '');
  return text.startsWith('\0') ? `@${text.slice(1)}` : text;
}

/** One record of the ring; undefined when it is none of ours. */
export function decodeVerdict(bytes: Uint8Array): KernelVerdict | undefined {
  if (bytes.length < RwVerdict.size) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const section = SECTIONS[view.getUint16(RwVerdict.section, true)];
  const mechanism = MECHANISMS[view.getUint8(RwVerdict.mechanism)];
  const outcome = OUTCOMES[view.getUint8(RwVerdict.outcome)];
  if (section === undefined || mechanism === undefined || outcome === undefined) return undefined;
  const flags = view.getUint16(RwVerdict.flags, true);
  const pathEnd = RwVerdict.size + view.getUint16(RwVerdict.path_len, true);
  const path = utf8.decode(bytes.slice(RwVerdict.size, pathEnd));
  const traffic = section === 'network' ? trafficOf(view, bytes) : undefined;
  const comm = bytes.slice(RwVerdict.comm, RwVerdict.address);
  const end = comm.indexOf(0);
  return {
    ...{ section, mechanism, outcome },
    set: view.getUint32(RwVerdict.set, true),
    line: view.getUint32(RwVerdict.line, true),
    operation: operationName(section, view.getUint32(RwVerdict.operation, true)),
    object: section === 'network' ? socketName(path) || networkObject(view, bytes) : path,
    ...(traffic === undefined ? {} : { traffic }),
    unresolved: (flags & RwVerdictFlag.RW_V_UNRESOLVED) !== 0,
    moved: (flags & RwVerdictFlag.RW_V_MOVED) !== 0,
    ...((flags & RwVerdictFlag.RW_V_LIMIT) === 0 ? {} : { limit: true as const }),
    otherName: (flags & RwVerdictFlag.RW_V_OTHER_NAME) !== 0,
    cgroup: Number(view.getBigUint64(RwVerdict.cgroup_id, true)),
    bootNs: Number(view.getBigUint64(RwVerdict.time_ns, true)),
    startNs: Number(view.getBigUint64(RwVerdict.start_ns, true)),
    pid: view.getUint32(RwVerdict.tgid, true),
    uid: view.getUint32(RwVerdict.uid, true),
    comm: utf8.decode(comm.subarray(0, end < 0 ? comm.length : end)),
    suppressed: view.getUint32(RwVerdict.suppressed, true),
  };
}
