import { EventFlag, type RingView, RwHdr, RwKind } from '@runward/events';
import { type Narrowing, type Program, slotOf } from '@runward/sensor';
import type { ProcessJudge } from './process-interest.js';

/** What {@link Narrower} needs of the loaded programs. */
export interface NarrowingTarget {
  isNarrowed(program: Program): boolean;
  narrow(program: Program, narrowing: Narrowing): void;
}

/**
 * A process is judged when this many of its events have come. Judging costs about as much as taking that many
 * events, so what ends sooner is better left alone, and exec itself costs nothing.
 */
export const EVENTS_BEFORE_JUDGING = 32;
const SLOTS = 16384;

/**
 * Tells the kernel what not to send of the processes that send much. Called for each event after it was judged;
 * counts by slot of the process number, so that nothing is kept per process.
 */
export class Narrower {
  readonly #interest: ProcessJudge;
  readonly #target: NarrowingTarget;
  readonly #heard = new Uint8Array(SLOTS);
  #judged = 0;

  constructor(interest: ProcessJudge, target: NarrowingTarget) {
    this.#interest = interest;
    this.#target = target;
  }

  /** How often a process was judged. */
  get judged(): number {
    return this.#judged;
  }

  heard(view: RingView): void {
    const slot = slotOf(view.pid);
    const heard = (this.#heard[slot] ?? 0) + 1;
    this.#heard[slot] = heard;
    if (heard >= EVENTS_BEFORE_JUDGING) this.#judge(view, slot);
  }

  #judge(view: RingView, slot: number): void {
    // A process that lives on through forks and execs says nothing of itself in these.
    if (view.kind > RwKind.RW_K_FD) return;
    this.#heard[slot] = 0;
    // The host's by its group, but with a root of its own: who it is may be asked again (Tracker).
    if (view.container === undefined && (view.flags & EventFlag.host) === 0) return;
    const program = {
      pid: view.pid,
      startNs: view.big(RwHdr.start_ns),
      execId: view.big(RwHdr.exec_id),
      cgroup: view.big(RwHdr.cgroup_id),
    };
    if (this.#target.isNarrowed(program)) return;
    this.#judged += 1;
    this.#target.narrow(program, this.#interest.of(view));
  }
}
