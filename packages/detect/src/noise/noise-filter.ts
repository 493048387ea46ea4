import type { Detection } from '../detection.js';
import { type DetectionKey, identityOf } from './identity.js';
import type { NoiseOptions } from './noise-options.js';
import { RateLimit } from './rate-limit.js';

export interface NoiseStats {
  /** Detections that were counted in a group instead of being passed on. */
  readonly grouped: number;
  /** Detections that were counted only, for there were too many. */
  readonly limited: number;
}

interface DetectionGroup {
  readonly key: DetectionKey;
  readonly closesAtMs: number;
  readonly firstTime: string;
  last: Detection;
  count: number;
}

/** Groups that are open at once; beyond it the oldest is closed early, so that nothing is lost. */
const MAX_GROUPS = 10_000;

/**
 * Passes the first of identical detections on at once and counts the others; when their group closes the last
 * one follows with their number and times. What exceeds the rate is counted and told once a minute. Every
 * detection is either passed on or in a count.
 */
export class NoiseFilter {
  readonly #options: NoiseOptions;
  /** In the order in which they close. */
  readonly #groups = new Map<DetectionKey, DetectionGroup>();
  readonly #limit: RateLimit;
  #nowMs = Number.NEGATIVE_INFINITY;
  #grouped = 0;
  #limited = 0;

  constructor(
    options: NoiseOptions,
    readonly pass: (detection: Detection) => void,
  ) {
    this.#options = options;
    this.#limit = new RateLimit(options.perMinute, pass);
  }

  get stats(): NoiseStats {
    return { grouped: this.#grouped, limited: this.#limited };
  }

  take(detection: Detection): void {
    this.advance(Date.parse(detection.time));
    const { groupMs, perMinute } = this.#options;
    const key = groupMs === 0 ? '' : identityOf(detection);
    const group = this.#groups.get(key);
    if (group !== undefined) {
      group.count += 1;
      group.last = detection;
      this.#grouped += 1;
      return;
    }
    if (perMinute > 0 && !this.#limit.allows(detection, this.#nowMs)) {
      this.#limited += 1;
      return;
    }
    this.pass(detection);
    if (groupMs === 0) return;
    const closesAtMs = this.#nowMs + groupMs;
    this.#groups.set(key, { key, closesAtMs, firstTime: detection.time, last: detection, count: 1 });
    for (const oldest of this.#groups.values()) {
      if (this.#groups.size <= MAX_GROUPS) break;
      this.#close(oldest);
    }
  }

  /** Closes what is due at this time (milliseconds since the Unix epoch). Time that goes back is ignored. */
  advance(nowMs: number): void {
    if (!(nowMs > this.#nowMs)) return;
    this.#nowMs = nowMs;
    for (const group of this.#groups.values()) {
      if (group.closesAtMs > nowMs) break;
      this.#close(group);
    }
    this.#limit.advance(nowMs);
  }

  /** Closes everything: the end. */
  close(): void {
    for (const group of this.#groups.values()) this.#close(group);
    this.#limit.close();
  }

  #close({ key, count, firstTime, last }: DetectionGroup): void {
    this.#groups.delete(key);
    if (count > 1) this.pass({ ...last, count, firstTime, lastTime: last.time });
  }
}
