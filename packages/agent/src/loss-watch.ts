import type { Kernel } from '@runward/sensor';
import type { Loss } from './messages.js';
import { typeName } from './thread-post.js';

const LOST_END = 'procexit';

/** What the kernel had to drop, and whether it grew. */
export class LossWatch {
  #total = 0;
  #ends = 0;

  /** Of all types, when it was looked at last. */
  get total(): number {
    return this.#total;
  }

  lost(kernel: Kernel): Loss[] {
    return kernel.readDrops().map(({ typeKey, cpu, count }) => ({ type: typeName(typeKey), cpu, count }));
  }

  /** undefined: nothing more was lost since the last look. */
  look(kernel: Kernel): { readonly lost: readonly Loss[]; readonly hasLostEnds: boolean } | undefined {
    const lost = this.lost(kernel);
    const total = lost.reduce((sum, { count }) => sum + count, 0);
    if (total === this.#total) return undefined;
    this.#total = total;
    const ends = lost.reduce((sum, { type, count }) => sum + (type === LOST_END ? count : 0), 0);
    const hasLostEnds = ends !== this.#ends;
    this.#ends = ends;
    return { lost, hasLostEnds };
  }
}
