import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ImageJudgement } from '@runward/oci';

/** A verdict that was reached; what could not be judged is none. */
export type Verdict = Exclude<ImageJudgement, { readonly kind: 'unknown' }>;

interface Kept {
  readonly verdict: Verdict;
  readonly atMs: number;
}

/** Images in use on one machine, by all policies that look at them, are far fewer. */
const MAX_VERDICTS = 2000;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Verdicts by all that decides them: digest, name, demand, keys and roots. Bounded: what was not asked for longest goes
 * first. They are kept on the disk beside the policies, so that an agent that begins, and the wrapper without one, start
 * from what is known.
 */
export class VerdictCache {
  readonly #path: string;
  #kept: Map<string, Kept> | undefined;
  #isChanged = false;

  constructor(state: string) {
    this.#path = join(state, 'trust/verdicts.json');
  }

  /** Younger than `maxAgeMs`. */
  get(key: string, nowMs: number, maxAgeMs: number): Verdict | undefined {
    const kept = this.#all.get(key);
    if (kept === undefined || nowMs - kept.atMs > maxAgeMs || kept.atMs > nowMs) return undefined;
    this.#all.delete(key);
    this.#all.set(key, kept);
    return kept.verdict;
  }

  set(key: string, verdict: Verdict, atMs: number): void {
    this.#all.delete(key);
    this.#all.set(key, { verdict, atMs });
    this.#isChanged = true;
    for (const oldest of this.#all.keys()) {
      if (this.#all.size <= MAX_VERDICTS) break;
      this.#all.delete(oldest);
    }
  }

  get size(): number {
    return this.#all.size;
  }

  /** Never throws: without room for it, the next one asks again. */
  write(): void {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      const part = `${this.#path}.${process.pid}`;
      writeFileSync(part, JSON.stringify([...this.#all]), { mode: 0o600 });
      renameSync(part, this.#path);
    } catch {
      // The disk is full, or read-only.
    }
  }

  get #all(): Map<string, Kept> {
    this.#kept ??= read(this.#path);
    return this.#kept;
  }
}

/** What is not sound is left out: it is worked out again. */
function read(path: string): Map<string, Kept> {
  try {
    const text = readFileSync(path, 'utf8');
    const entries: unknown = text.length > MAX_BYTES ? [] : JSON.parse(text);
    return new Map(Array.isArray(entries) ? entries.filter(isEntry) : []);
  } catch {
    return new Map();
  }
}

function isEntry(value: unknown): value is [string, Kept] {
  if (!Array.isArray(value) || typeof value[0] !== 'string') return false;
  const { verdict, atMs } = (value[1] ?? {}) as Partial<Kept>; // each part is looked at
  if (typeof atMs !== 'number' || typeof verdict !== 'object') return false;
  if (verdict.kind === 'trusted') return true;
  return [verdict.code, verdict.message, verdict.help].every((each) => typeof each === 'string');
}

export const verdictKey = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');
