import type { Detection } from '../detection.js';

interface Bucket {
  readonly key: string;
  tokens: number;
  filledAtMs: number;
  /** What was held back since it was last told. */
  held: number;
  firstTime: string;
  last: Detection | undefined;
  tellAtMs: number;
}

const MINUTE_MS = 60_000;
const MAX_BUCKETS = 10_000;
const SWEEP_MS = 1000;

/**
 * So many detections a minute of each rule in each container, as many at once at most: one container that makes
 * a rule fire all the time does not hide another. What is held back is counted, and told a minute after it
 * began and at the end.
 */
export class RateLimit {
  /** The one that was used longest ago first. */
  readonly #buckets = new Map<string, Bucket>();
  #sweptAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly perMinute: number,
    readonly tell: (detection: Detection) => void,
  ) {}

  allows(detection: Detection, nowMs: number): boolean {
    const key = `${detection.rule}\0${detection.container?.id ?? ''}`;
    const bucket = this.#bucket(key, nowMs);
    const gained = ((nowMs - bucket.filledAtMs) * this.perMinute) / MINUTE_MS;
    bucket.tokens = Math.min(this.perMinute, bucket.tokens + gained);
    bucket.filledAtMs = nowMs;
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return true;
    }
    if (bucket.held === 0) {
      bucket.firstTime = detection.time;
      bucket.tellAtMs = nowMs + MINUTE_MS;
    }
    bucket.held += 1;
    bucket.last = detection;
    return false;
  }

  #bucket(key: string, nowMs: number): Bucket {
    const known = this.#buckets.get(key);
    const bucket = known ?? {
      ...{ key, tokens: this.perMinute, filledAtMs: nowMs, held: 0, firstTime: '', last: undefined },
      tellAtMs: Number.POSITIVE_INFINITY,
    };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    for (const oldest of this.#buckets.values()) {
      if (this.#buckets.size <= MAX_BUCKETS) break;
      this.#tell(oldest);
      this.#buckets.delete(oldest.key);
    }
    return bucket;
  }

  advance(nowMs: number): void {
    if (nowMs - this.#sweptAtMs < SWEEP_MS) return;
    this.#sweptAtMs = nowMs;
    for (const bucket of this.#buckets.values()) {
      if (bucket.tellAtMs <= nowMs) this.#tell(bucket);
      // Full again and with nothing to tell: as good as new.
      if (bucket.held === 0 && nowMs - bucket.filledAtMs > MINUTE_MS) this.#buckets.delete(bucket.key);
    }
  }

  close(): void {
    for (const bucket of this.#buckets.values()) this.#tell(bucket);
  }

  #tell(bucket: Bucket): void {
    const { held, last, firstTime } = bucket;
    bucket.held = 0;
    bucket.tellAtMs = Number.POSITIVE_INFINITY;
    if (held === 0 || last === undefined) return;
    bucket.last = undefined;
    this.tell({ ...last, count: held, firstTime, lastTime: last.time, limited: true });
  }
}
