import type { AddressNames } from '@runward/events';
import { readDnsAnswer } from './dns-answer.js';

/** A line of a hosts file. */
export interface HostsEntry {
  readonly ip: string;
  readonly names: readonly string[];
}

/** With the longest names there are, some 600 KB for a container that tries. */
const MOST_ADDRESSES = 512;
const NAMES_PER_ADDRESS = 4;
/** A program connects a while after it asked, and may ask once for many connections. */
const GRACE_MS = 60_000;
const LONGEST_MS = 24 * 60 * 60 * 1000;

interface Known {
  readonly name: string;
  readonly untilMs: number;
}

/**
 * Which names the addresses have that a container met: what its name server answered it, for as long as the
 * answer is good, and what its hosts file says. Bounded: the addresses met longest ago are forgotten first.
 */
export class NameTable implements AddressNames {
  readonly #fixed = new Map<string, readonly string[]>();
  readonly #learnt = new Map<string, readonly Known[]>();
  /** Time of the event that is being looked at. */
  nowMs = 0;

  constructor(hosts: readonly HostsEntry[] = []) {
    for (const { ip, names } of hosts) {
      this.#fixed.set(ip, [...(this.#fixed.get(ip) ?? []), ...names.map((name) => name.toLowerCase())]);
    }
  }

  get size(): number {
    return this.#learnt.size;
  }

  /** Takes a datagram from a name server; whatever it holds. */
  learn(message: Uint8Array): void {
    const answer = readDnsAnswer(message);
    if (answer === undefined) return;
    for (const { ip, ttlSeconds } of answer.addresses) {
      const untilMs = this.nowMs + Math.min(ttlSeconds * 1000, LONGEST_MS) + GRACE_MS;
      const others = (this.#learnt.get(ip) ?? []).filter(
        (known) => known.name !== answer.name && known.untilMs > this.nowMs,
      );
      this.#learnt.delete(ip);
      this.#learnt.set(ip, [{ name: answer.name, untilMs }, ...others.slice(0, NAMES_PER_ADDRESS - 1)]);
    }
    for (const oldest of this.#learnt.keys()) {
      if (this.#learnt.size <= MOST_ADDRESSES) break;
      this.#learnt.delete(oldest);
    }
  }

  /** Every address that has a name now. */
  *entries(): Generator<{ readonly ip: string; readonly names: readonly string[] }> {
    for (const ip of new Set([...this.#learnt.keys(), ...this.#fixed.keys()])) {
      const names = this.namesOf(ip);
      if (names.length > 0) yield { ip, names };
    }
  }

  /** The name learnt last comes first. */
  namesOf(ip: string): readonly string[] {
    const learnt = (this.#learnt.get(ip) ?? []).filter((known) => known.untilMs > this.nowMs);
    const fixed = this.#fixed.get(ip) ?? [];
    return [...new Set([...learnt.map(({ name }) => name), ...fixed])];
  }
}
