import type { PathResolver } from '@runward/events';
import type { AccountData, Identity } from './container-table.js';
import type { Surroundings } from './surroundings.js';
import type { Tracker } from './tracker.js';

/**
 * Keeps what a tracker is given, in the order in which it is given it. Called once the tracker has dealt with it,
 * so that the answers it needed meanwhile stand before it; records while they still lie in the ring.
 */
export interface Journal {
  /** Lies between a tracker and its surroundings, and writes down what they answer. */
  overhear(surroundings: Surroundings): Surroundings;
  /** The same for paths a rule asks for. */
  overhearPaths(resolver: PathResolver): PathResolver;
  /** The tracker is ready: from here on its inputs are written. */
  begin(tracker: Tracker): void;
  /**
   * `count` records as they lie in the ring, each behind its 8-byte head: the bytes from `from` up to `to`, which
   * go on at the beginning of the ring where they pass its end.
   */
  records(ring: Uint8Array<ArrayBuffer>, from: number, to: number, count: number): void;
  /** Whether the record handled last is to be written. Asked once for each. */
  wants(): boolean;
  /** One was not; those before it have been written. */
  omitted(): void;
  tick(nowMs: number): void;
  epochOffset(offsetNs: bigint): void;
  hostAccounts(accounts: AccountData): void;
  identified(cgroup: number, identity: Identity): void;
  accounted(cgroup: number, accounts: AccountData): void;
  releasedAll(): void;
}
