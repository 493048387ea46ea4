import type { ContainerSlot } from './container-table.js';
import type { ProcessEntry } from './process-entry.js';

/** An event held until its container is known: a copy of the record and who acted. */
export interface PendingEvent {
  readonly record: Uint8Array<ArrayBuffer>;
  readonly process: ProcessEntry;
  readonly number: number;
}

const MAX_BYTES = 16 * 1024 * 1024;
/**
 * What a held event takes besides the bytes of its record: the buffer and view objects around them, its own
 * object, its place in the queue, and its share of process entries kept for it. Rounded up.
 */
const OVERHEAD_BYTES = 512;
const sizeOf = (event: PendingEvent): number => event.record.length + OVERHEAD_BYTES;

/** Held events by cgroup, in order; bounded by bytes over all cgroups. */
export class PendingEvents {
  readonly #queues = new Map<number, PendingEvent[]>();
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  /** False when the bound is reached: the caller reports the event as it is. */
  hold(slot: ContainerSlot, event: PendingEvent): boolean {
    const size = sizeOf(event);
    if (this.#bytes + size > MAX_BYTES) return false;
    this.#bytes += size;
    const queue = this.#queues.get(slot.cgroup);
    if (queue === undefined) this.#queues.set(slot.cgroup, [event]);
    else queue.push(event);
    return true;
  }

  has(cgroup: number): boolean {
    return this.#queues.has(cgroup);
  }

  /** Takes all events of a cgroup, oldest first. */
  release(cgroup: number): readonly PendingEvent[] {
    const queue = this.#queues.get(cgroup) ?? [];
    this.#queues.delete(cgroup);
    for (const event of queue) this.#bytes -= sizeOf(event);
    return queue;
  }

  /** Everything held, by cgroup. */
  get state(): ReadonlyMap<number, readonly PendingEvent[]> {
    return this.#queues;
  }

  restore(state: ReadonlyMap<number, readonly PendingEvent[]>): void {
    this.#queues.clear();
    this.#bytes = 0;
    for (const [cgroup, events] of state) {
      this.#queues.set(cgroup, [...events]);
      for (const event of events) this.#bytes += event.record.length;
    }
  }

  cgroups(): number[] {
    return [...this.#queues.keys()];
  }
}
