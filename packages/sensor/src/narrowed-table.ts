import { RwNarrowed } from '@runward/events';

/** What the kernel need not send of one program: everything but these. */
export interface Narrowing {
  /** Bit by event type id, {@link TYPE_WORDS} words. */
  readonly types: Uint32Array;
  /** Bit by clause of the open family. */
  readonly opens: number;
}

/** A program: a process from one exec to the next, in one cgroup. */
export interface Program {
  readonly pid: number;
  readonly startNs: bigint;
  readonly execId: bigint;
  readonly cgroup: bigint;
}

export const NARROWED_SLOTS = 16384;
export const NARROWED_TYPES = 192;
export const TYPE_WORDS = NARROWED_TYPES / 32;
const WORD = RwNarrowed.size / 4;
const at = (offset: number): number => offset / 4;

/** The slot of a process; two that share one take turns, and the one without has everything sent. */
export const slotOf = (pid: number): number => pid & (NARROWED_SLOTS - 1);

/**
 * Interest by process, as the kernel programs read it: shared memory, one slot per process number. Written word by
 * word with the version odd meanwhile; a program that sees an odd or a changed version sends everything.
 */
export class NarrowedTable {
  readonly #words: Uint32Array;

  constructor(memory: ArrayBuffer) {
    this.#words = new Uint32Array(memory, 0, NARROWED_SLOTS * WORD);
  }

  /** Whether the slot already speaks of this program, in this epoch. */
  holds(program: Program, epoch: number): boolean {
    const base = slotOf(program.pid) * WORD;
    const word = (offset: number): number => this.#words[base + at(offset)] ?? 0;
    const wide = (offset: number): bigint => (BigInt(word(offset + 4)) << 32n) | BigInt(word(offset));
    return (
      word(RwNarrowed.epoch) === epoch &&
      word(RwNarrowed.tgid) === program.pid &&
      wide(RwNarrowed.exec_id) === program.execId &&
      wide(RwNarrowed.start_ns) === program.startNs &&
      wide(RwNarrowed.cgroup_id) === program.cgroup
    );
  }

  write(program: Program, epoch: number, { types, opens }: Narrowing): void {
    const base = slotOf(program.pid) * WORD;
    const versionAt = base + at(RwNarrowed.version);
    const version = Atomics.load(this.#words, versionAt);
    // Every store is atomic, so that none is seen before an earlier one on any processor.
    const put = (offset: number, value: number): void =>
      void Atomics.store(this.#words, base + at(offset), value >>> 0);
    const putWide = (offset: number, value: bigint): void => {
      put(offset, Number(value & 0xffff_ffffn));
      put(offset + 4, Number((value >> 32n) & 0xffff_ffffn));
    };
    Atomics.store(this.#words, versionAt, (version | 1) >>> 0);
    putWide(RwNarrowed.start_ns, program.startNs);
    putWide(RwNarrowed.exec_id, program.execId);
    putWide(RwNarrowed.cgroup_id, program.cgroup);
    put(RwNarrowed.tgid, program.pid);
    put(RwNarrowed.epoch, epoch);
    for (let i = 0; i < TYPE_WORDS; i += 1) put(RwNarrowed.types + 4 * i, types[i] ?? 0xffff_ffff);
    put(RwNarrowed.opens, opens);
    Atomics.store(this.#words, versionAt, ((version | 1) + 1) >>> 0);
  }
}
