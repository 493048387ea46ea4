import type { GapBody } from '@runward/evidence';
import type { Loss } from '../messages.js';

const APART_MS = 1000;

/** Makes gaps of totals: what was lost since the last one told, by event type, at most one a second. */
export class LossRecords {
  readonly #tell: (gap: GapBody) => void;
  readonly #nowMs: () => number;
  readonly #told = new Map<string, number>();
  #totals = new Map<string, number>();
  #sinceMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (gap: GapBody) => void, nowMs: () => number = Date.now) {
    this.#tell = tell;
    this.#nowMs = nowMs;
  }

  tell(lost: readonly Loss[]): void {
    this.#totals = new Map();
    for (const { type, count } of lost) this.#totals.set(type, (this.#totals.get(type) ?? 0) + count);
    this.#sinceMs ??= this.#nowMs();
    this.#timer ??= setTimeout(() => this.flush(), APART_MS).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lost: Record<string, number> = {};
    for (const [type, total] of this.#totals) {
      const grown = total - (this.#told.get(type) ?? 0);
      if (grown > 0) lost[type] = grown;
      this.#told.set(type, total);
    }
    const firstTime = new Date(this.#sinceMs ?? this.#nowMs()).toISOString();
    this.#sinceMs = undefined;
    if (Object.keys(lost).length === 0) return;
    const lastTime = new Date(this.#nowMs()).toISOString();
    this.#tell({ where: 'sensor', why: 'the event ring was full', lost, firstTime, lastTime });
  }
}
