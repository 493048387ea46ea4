import type { FlowFinding } from './finding.js';
import type { LookUp } from './look-up.js';
import type { Thresholds } from './thresholds.js';

/** What a container asked below one domain. */
interface Domain {
  /** Long parts below the domain, the one asked last at the end, with when that was. */
  readonly parts: Map<string, number>;
  characters: number;
  /** Bytes of answers to questions for text since `sinceMs`. */
  textBytes: number;
  sinceMs: number;
}

const MOST_DOMAINS = 16_384;
/** In all parts that are kept. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
const MOST_NAMED = 3;
const NULL = 10;
const TXT = 16;

/** Data that leaves in names and comes back in answers: many long names below one domain that nobody would make up. */
export class DnsTunnelDetector {
  readonly #domains = new Map<string, Domain>();
  readonly #limits: Thresholds['dns'];
  #characters = 0;

  constructor({ dns }: Thresholds) {
    this.#limits = dns;
  }

  take(lookUp: LookUp, nowMs: number): FlowFinding[] {
    const { name, type, bytes, self } = lookUp;
    const labels = name.split('.');
    const domain = labels.slice(-2).join('.');
    const part = labels.slice(0, -2).join('.');
    const isText = type === TXT || type === NULL;
    const isLong = part.length >= this.#limits.length;
    // Names of addresses are long by nature.
    if (labels.at(-1) === 'arpa' || (!isText && !isLong)) return [];
    const known = this.#domainOf(`${self.container?.id ?? ''} ${domain}`, nowMs);
    const found: FlowFinding[] = [];
    if (isLong) found.push(...this.#names({ known, part, domain, self, nowMs }));
    if (isText) found.push(...this.#text({ known, bytes, domain, self, nowMs }));
    this.#forget();
    return found;
  }

  #domainOf(key: string, nowMs: number): Domain {
    const known = this.#domains.get(key) ?? { parts: new Map(), characters: 0, textBytes: 0, sinceMs: nowMs };
    this.#domains.delete(key);
    this.#domains.set(key, known);
    return known;
  }

  #names({ known, part, domain, self, nowMs }: Told & { readonly part: string }): FlowFinding[] {
    const { names, entropy, windowMs } = this.#limits;
    const { parts } = known;
    if (!parts.delete(part)) this.#grow(known, part.length);
    parts.set(part, nowMs);
    for (const [oldest, atMs] of parts) {
      if (parts.size <= names && nowMs - atMs <= windowMs) break;
      parts.delete(oldest);
      this.#grow(known, -oldest.length);
    }
    if (parts.size < names) return [];
    const all = [...parts.keys()];
    const bits = changingBits(all);
    if (bits < entropy) return [];
    const length = Math.round(known.characters / all.length);
    const minutes = Math.round(windowMs / 60_000);
    // The next finding takes as many anew.
    parts.clear();
    this.#grow(known, -known.characters);
    const rounded = Math.round(10 * bits) / 10;
    return [
      {
        ...{ detector: 'dns-tunnel', atMs: nowMs, self },
        text: `asked for ${all.length} long names below ${printable(domain)} within ${minutes} min, ${length} characters each of which ${rounded} bits change`,
        evidence: {
          ...{ domain: printable(domain), names: all.length, length, entropy: rounded, windowMs },
          examples: all.slice(-MOST_NAMED).map(printable).join(' '),
        },
      },
    ];
  }

  #text({ known, bytes, domain, self, nowMs }: Told & { readonly bytes: number }): FlowFinding[] {
    const { textBytes, windowMs } = this.#limits;
    if (nowMs - known.sinceMs > windowMs) Object.assign(known, { textBytes: 0, sinceMs: nowMs });
    known.textBytes += bytes;
    if (known.textBytes < textBytes) return [];
    const sent = known.textBytes;
    known.textBytes = 0;
    const minutes = Math.round(windowMs / 60_000);
    return [
      {
        ...{ detector: 'dns-tunnel', atMs: nowMs, self },
        text: `was answered ${Math.round(sent / 1024)} KiB of text by name servers of ${printable(domain)} within ${minutes} min`,
        evidence: { domain: printable(domain), bytes: sent, windowMs },
      },
    ];
  }

  #grow(known: Domain, characters: number): void {
    known.characters += characters;
    this.#characters += characters;
  }

  #forget(): void {
    for (const [oldest, { characters }] of this.#domains) {
      if (this.#domains.size <= MOST_DOMAINS && this.#characters <= MOST_CHARACTERS) return;
      this.#domains.delete(oldest);
      this.#characters -= characters;
    }
  }
}

interface Told {
  readonly known: Domain;
  readonly domain: string;
  readonly self: LookUp['self'];
  readonly nowMs: number;
}

/**
 * How many bits of a character change from name to name: the entropy of what stands at a place in all names, over all
 * places. Encoded data has some 4 to 5; names that are counted or put together from a few words have little, however
 * many different letters they use.
 */
export function changingBits(names: readonly string[]): number {
  let bits = 0;
  let characters = 0;
  for (let at = 0; ; at += 1) {
    const counts = new Map<string, number>();
    for (const name of names) {
      const character = name[at];
      if (character !== undefined) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    if (total === 0) return characters === 0 ? 0 : bits / characters;
    for (const count of counts.values()) bits -= count * Math.log2(count / total);
    characters += total;
  }
}

const printable = (name: string): string => name.replace(/[^\x21-\x7e]/g, '?');
