import type { ReplayGap, SkippedPart } from './event-source.js';

/** Reasons and gaps told one by one; the rest is counted under the last of each. A file must not fill memory. */
const MAX_REASONS = 200;
const MAX_GAPS = 1000;
const OTHER_REASONS = 'other reasons';

/** Counts what a replay passes over, by reason. */
export class Tally {
  readonly #parts = new Map<string, { -readonly [K in keyof SkippedPart]: SkippedPart[K] }>();
  readonly gaps: ReplayGap[] = [];
  malformed = 0;

  skip(kind: SkippedPart['kind'], reason: string, bytes: number, at: number): void {
    const isFull = this.#parts.size >= MAX_REASONS && !this.#parts.has(`${kind} ${reason}`);
    const told = isFull ? OTHER_REASONS : reason;
    const key = `${kind} ${told}`;
    const part = this.#parts.get(key);
    if (part === undefined) this.#parts.set(key, { kind, reason: told, count: 1, bytes, firstAt: at });
    else {
      part.count += 1;
      part.bytes += bytes;
    }
  }

  gap(gap: ReplayGap): void {
    const last = this.gaps.at(-1);
    if (this.gaps.length < MAX_GAPS || last === undefined) this.gaps.push(gap);
    else {
      const lost = last.lost === undefined || gap.lost === undefined ? undefined : last.lost + gap.lost;
      this.gaps[MAX_GAPS - 1] = { ...last, toNs: gap.toNs, lost, reason: 'several gaps' };
    }
  }

  get skipped(): readonly SkippedPart[] {
    return [...this.#parts.values()];
  }
}
