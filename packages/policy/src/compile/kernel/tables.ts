import type { EffectiveLine } from '../../decide/effective.js';
import type { SectionName } from '../../model/policy.js';

/**
 * An effective policy as the kernel holds it: values, in no layout yet. Lines are named by their number in
 * {@link KernelTables.lines}, counted from 1; 0 is none.
 */
export interface KernelTables {
  /** That of the effective policy. */
  readonly id: string;
  readonly lines: readonly EffectiveLine[];
  readonly automaton: KernelAutomaton;
  /** Rows of the accept states, each a head and its lines; row 0 has none. */
  readonly rules: readonly KernelRule[];
  /** Names the lists of programs that classes stand for: equal lists, equal names. 0: there are none. */
  readonly classHash: bigint;
  readonly sections: ReadonlyMap<SectionName, KernelSection>;
  readonly drift: KernelChoice;
  readonly fileless: KernelChoice;
  readonly newPrivileges: KernelChoice;
  readonly setuidExecution: KernelChoice;
  readonly rootWrite: KernelChoice;
  /** By number of the capability. */
  readonly capabilities: readonly KernelChoice[];
  /** By index in KERNEL_SURFACE. */
  readonly surface: readonly KernelChoice[];
  readonly network: KernelNetwork;
  /** By index in LIMITED, twice each: what is in protect, and what is in protect or monitor. */
  readonly limits: readonly KernelLimit[];
}

export interface KernelLimit {
  /** 0: none. */
  readonly perSecond: number;
  readonly line: number;
}

export interface KernelAutomaton {
  /** `check` and `next` of each cell in turn. */
  readonly cells: Uint32Array;
  /** Class of each byte. */
  readonly byteClass: Uint8Array;
  readonly pathStart: number;
  /** 0: no line asks for arguments. */
  readonly argumentsStart: number;
}

/** A line as it applies to the paths of a row; or a row's head: see `struct rw_rule` of bpf/include/policy.h. */
export interface KernelRule {
  readonly from: bigint;
  readonly ancestors: bigint;
  readonly arguments: bigint;
  readonly operations: number;
  /** Of a head: how many lines follow. */
  readonly line: number;
  /** Hex digest of the file; '': any. */
  readonly sha256: string;
  readonly denies: boolean;
  readonly enforced: boolean;
  readonly ownerOnly: boolean;
}

/** What is decided without looking at paths or addresses. */
export interface KernelChoice {
  readonly deniedEnforced: boolean;
  readonly deniedWatched: boolean;
  readonly enforcedLine: number;
  readonly watchedLine: number;
}

export interface KernelSection {
  readonly enforced: boolean;
  readonly failClosed: boolean;
  readonly kill: boolean;
  /** Bits of OPERATION that some line or the default can deny; of sections without operations 1 when any can. */
  readonly deniable: number;
  /** When no line matches. */
  readonly fallback: KernelChoice;
}

/** The lines of the network section: `struct rw_network_rule` and `rw_network_range` of bpf/include/policy.h. */
export interface KernelNetwork {
  /** Rows, each a head and its rules. Row 0 has the lines that name no address. */
  readonly rules: readonly KernelNetworkRule[];
  /** Sorted; the first begins at 0. */
  readonly ranges: readonly KernelNetworkRange[];
  /** Row of the lines about creating sockets; 0: there are none. */
  readonly createRow: number;
}

/** A line as it applies in a row and to one range of ports; or a row's head, whose `line` is how many follow. */
export interface KernelNetworkRule {
  readonly from: bigint;
  readonly line: number;
  /** Bits by index in NETWORK_OPERATIONS, NETWORK_FAMILIES, NETWORK_PROTOCOLS; of the last two 0: any. */
  readonly operations: number;
  readonly families: number;
  readonly protocols: number;
  readonly denies: boolean;
  readonly enforced: boolean;
  /** Only addresses that a name server gave one of this pattern's names; '': no matter. */
  readonly name: string;
  readonly portFirst: number;
  readonly portLast: number;
}

/** Addresses from here to the next range; IPv4 as `::ffff:a.b.c.d`. */
export interface KernelNetworkRange {
  readonly high: bigint;
  readonly low: bigint;
  /** 0: no line names these. */
  readonly row: number;
}

export const NO_CHOICE: KernelChoice = Object.freeze({
  deniedEnforced: false,
  deniedWatched: false,
  enforcedLine: 0,
  watchedLine: 0,
});

/** Bit of starting a program; those of file operations are 1 << index in FILE_OPERATIONS. */
export const START_OPERATION = 1024;
export const FILE_OPERATION_BITS = 1023;
