import type { EffectiveLine } from '../../decide/effective.js';
import type { NetworkLine, SectionName } from '../../model/policy.js';

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
  /** Lines of the network section in the order they are tried, defaults not included. */
  readonly network: readonly KernelNetworkLine[];
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

export interface KernelNetworkLine {
  readonly line: number;
  readonly terms: NetworkLine;
  /** Classes of the acting program; 0: any. */
  readonly from: bigint;
  readonly denies: boolean;
  readonly enforced: boolean;
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
