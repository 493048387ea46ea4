import type { Hello } from '@runward/protocol';

/** What is known of a node since this server started. */
export interface Sighting {
  readonly connected: boolean;
  readonly lastSeenMs: number;
  readonly address: string;
  /** By how much its clock is ahead. */
  readonly skewMs: number;
  readonly stored: number;
  readonly doubled: number;
  readonly missing: number;
  readonly hello: Hello | null;
}

const NOTHING: Omit<Sighting, 'lastSeenMs'> = {
  ...{ connected: false, address: '', skewMs: 0, stored: 0, doubled: 0, missing: 0, hello: null },
};

/** Who was seen, and how they are. */
export class Fleet {
  readonly #nodes = new Map<string, Sighting>();

  of(id: string): Sighting | undefined {
    return this.#nodes.get(id);
  }

  seen(id: string, change: Partial<Sighting>): Sighting {
    const before = this.#nodes.get(id) ?? { ...NOTHING, lastSeenMs: 0 };
    const sighting = { ...before, lastSeenMs: Date.now(), ...change };
    this.#nodes.set(id, sighting);
    return sighting;
  }

  /** Time passed since it last spoke is what the difference of its clock is measured against: half a round trip. */
  skew(id: string, clock: string | undefined, roundTripMs: number): number | undefined {
    const sent = clock !== undefined && /^\d{1,15}$/.test(clock) ? Number(clock) : undefined;
    if (sent === undefined) return this.#nodes.get(id)?.skewMs;
    return Math.round(sent + roundTripMs / 2 - Date.now());
  }

  left(id: string): void {
    const before = this.#nodes.get(id);
    if (before !== undefined) this.#nodes.set(id, { ...before, connected: false });
  }

  forget(id: string): void {
    this.#nodes.delete(id);
  }
}
