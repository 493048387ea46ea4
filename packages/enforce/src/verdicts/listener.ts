import {
  closeFd,
  createEventFd,
  epollAdd,
  epollCreate,
  epollWaitInBackground,
  mapLookup,
  mapShape,
  signalEventFd,
} from '@runward/native';
import { SECTIONS, type SectionName } from '@runward/policy';
import { RingReader } from '@runward/sensor';
import { key32 } from '../encode/writer.js';
import { EnforceError } from '../error.js';
import type { KernelVerdict } from '../verdict.js';
import { decodeVerdict } from './decode.js';

const BATCH = 512;
/** A record may be reserved and not finished yet: then the kernel says that there is something to read. */
const UNFINISHED_MS = 2;

export type VerdictsTaker = (verdicts: readonly KernelVerdict[]) => void;

/** A ring, and who takes its records. */
interface Tap {
  readonly ring: RingReader;
  readonly take: (records: readonly Uint8Array[]) => void;
}

/** What rings are read for. */
export interface Takers {
  readonly verdicts: { readonly map: number; readonly take: VerdictsTaker };
  /** Records of who was denied and is to be told. */
  readonly refusals: { readonly map: number; readonly take: (records: readonly Uint8Array[]) => void };
}

/** Reads the rings of enforcement. Waits on one thread of the pool, so that it costs nothing while there is nothing. */
export class VerdictListener {
  readonly #taps: readonly Tap[];
  readonly #epoll = epollCreate();
  readonly #stop = createEventFd();
  readonly #onExit = (): void => signalEventFd(this.#stop);
  readonly #ended: Promise<void>;
  #isOpen = true;

  constructor({ verdicts, refusals }: Takers) {
    const takeVerdicts: Tap['take'] = (records) => {
      const decoded = records.map(decodeVerdict).filter((verdict) => verdict !== undefined);
      if (decoded.length > 0) verdicts.take(decoded);
    };
    // Whoever waits for an answer comes first.
    this.#taps = [
      { ring: ringOf(refusals.map), take: refusals.take },
      { ring: ringOf(verdicts.map), take: takeVerdicts },
    ];
    for (const fd of [refusals.map, verdicts.map, this.#stop]) epollAdd(this.#epoll, fd);
    // A thread that waits would keep the process from ending.
    process.on('exit', this.#onExit);
    this.#ended = this.#run();
  }

  async #run(): Promise<void> {
    while (this.#isOpen) {
      await epollWaitInBackground(this.#epoll, -1);
      while (this.#isOpen && this.drain() === 0 && this.#taps.some(({ ring }) => ring.backlog > 0))
        await new Promise((resolve) => setTimeout(resolve, UNFINISHED_MS));
    }
    closeFd(this.#epoll);
    closeFd(this.#stop);
  }

  /** Hands on what is there; returns how many records. */
  drain(): number {
    let count = 0;
    for (const { ring, take } of this.#taps) {
      const records: Uint8Array[] = [];
      // What is drained is free to be written again: it is copied.
      count += ring.drain(
        ({ bytes }, offset, length) => records.push(bytes.slice(offset, offset + length)),
        BATCH,
      );
      if (records.length > 0) take(records);
    }
    return count;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    process.off('exit', this.#onExit);
    signalEventFd(this.#stop);
    await this.#ended;
  }
}

function ringOf(map: number): RingReader {
  try {
    return new RingReader(map, mapShape(map)?.maxEntries ?? 0);
  } catch (cause) {
    throw new EnforceError('ENFORCE_RING_FAILED', 'a ring of the enforcement cannot be mapped', { cause });
  }
}

/** Verdicts that found the ring full, by section. */
export function readDrops(map: number): ReadonlyMap<SectionName, number> {
  const drops = new Map<SectionName, number>();
  const value = new Uint8Array(8);
  SECTIONS.forEach((section, index) => {
    if (!mapLookup(map, key32(index), value)) return;
    const count = Number(new DataView(value.buffer).getBigUint64(0, true));
    if (count > 0) drops.set(section, count);
  });
  return drops;
}
