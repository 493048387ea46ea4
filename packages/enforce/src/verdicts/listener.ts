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

/** Reads the verdicts' ring. Waits for them on a thread of the pool, so that it costs nothing while there are none. */
export class VerdictListener {
  readonly #ring: RingReader;
  readonly #epoll = epollCreate();
  readonly #stop = createEventFd();
  readonly #take: VerdictsTaker;
  readonly #onExit = (): void => signalEventFd(this.#stop);
  readonly #ended: Promise<void>;
  #isOpen = true;

  constructor(map: number, take: VerdictsTaker) {
    try {
      this.#ring = new RingReader(map, mapShape(map)?.maxEntries ?? 0);
    } catch (cause) {
      throw new EnforceError('ENFORCE_RING_FAILED', 'the ring of verdicts cannot be mapped', { cause });
    }
    this.#take = take;
    epollAdd(this.#epoll, map);
    epollAdd(this.#epoll, this.#stop);
    // A thread that waits would keep the process from ending.
    process.on('exit', this.#onExit);
    this.#ended = this.#run();
  }

  async #run(): Promise<void> {
    while (this.#isOpen) {
      await epollWaitInBackground(this.#epoll, -1);
      while (this.#isOpen && this.drain() === 0 && this.#ring.backlog > 0)
        await new Promise((resolve) => setTimeout(resolve, UNFINISHED_MS));
    }
    closeFd(this.#epoll);
    closeFd(this.#stop);
  }

  /** Hands on what is there; returns how many records. */
  drain(): number {
    const verdicts: KernelVerdict[] = [];
    const count = this.#ring.drain(({ bytes }, offset, length) => {
      const verdict = decodeVerdict(bytes.subarray(offset, offset + length));
      if (verdict !== undefined) verdicts.push(verdict);
    }, BATCH);
    if (verdicts.length > 0) this.#take(verdicts);
    return count;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    process.off('exit', this.#onExit);
    signalEventFd(this.#stop);
    await this.#ended;
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
