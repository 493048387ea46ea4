import { formatIpv4, formatIpv6 } from '@runward/events';

/** An address that a name server gave for the name it was asked for. */
export interface NamedAddress {
  readonly ip: string;
  /** How long the answer may be used, in seconds. */
  readonly ttlSeconds: number;
}

export interface DnsAnswer {
  /** The name that was asked for, in lower case, without the final dot. */
  readonly name: string;
  readonly addresses: readonly NamedAddress[];
}

const HEADER = 12;
const A = 1;
const CNAME = 5;
const AAAA = 28;
const INTERNET = 1;
/** RFC 1035, 2.3.4. */
const LONGEST_NAME = 253;
const MOST_LABELS = 127;
/** More than a datagram of 1232 bytes holds; a hostile one could claim 65,535. */
const MOST_RECORDS = 128;
/** RFC 2181, 8: a time to live with the highest bit set is 0. */
const MOST_TTL = 0x7fff_ffff;

/** What of a record matters here: `target` of an alias, `ip` of an address. */
interface Record {
  readonly owner: string;
  readonly type: number;
  readonly ttlSeconds: number;
  readonly target: string;
  readonly ip: string;
}

/**
 * Reads a DNS message (RFC 1035) as far as it answers one question about an address. Any bytes may come:
 * undefined for what is no such answer; records that are cut off or damaged end the reading, those before count.
 */
export function readDnsAnswer(message: Uint8Array): DnsAnswer | undefined {
  if (message.length < HEADER) return undefined;
  const reader = new Reader(message);
  const flags = reader.u16(2);
  const isAnswer = (flags & 0x8000) !== 0 && (flags & 0x7800) === 0 && (flags & 0x000f) === 0;
  if (!isAnswer || reader.u16(4) !== 1) return undefined;
  reader.at = HEADER;
  const name = reader.name();
  if (name === undefined || name === '' || !reader.skip(4)) return undefined;
  const records: Record[] = [];
  for (let left = Math.min(reader.u16(6), MOST_RECORDS); left > 0; left--) {
    const record = reader.record();
    if (record === undefined) break;
    records.push(record);
  }
  return { name, addresses: addressesOf(name, records) };
}

/** What an answer, whatever it says, tells of the question. */
export interface DnsQuestion {
  /** In lower case, without the final dot; bytes that are no text are characters of the same number. */
  readonly name: string;
  readonly type: number;
}

/** The question of a response to one question, found or refused. Any bytes may come. */
export function readDnsQuestion(message: Uint8Array): DnsQuestion | undefined {
  if (message.length < HEADER) return undefined;
  const reader = new Reader(message);
  if ((reader.u16(2) & 0xf800) !== 0x8000 || reader.u16(4) !== 1) return undefined;
  reader.at = HEADER;
  const name = reader.name('bytes');
  if (name === undefined || name === '' || reader.at + 4 > message.length) return undefined;
  return { name, type: reader.u16(reader.at) };
}

/** Addresses whose owner is the name, or one of its aliases. Aliases may come in any order, and in circles. */
function addressesOf(name: string, records: readonly Record[]): readonly NamedAddress[] {
  const owners = new Map([[name, MOST_TTL]]);
  for (let known = 0; known < owners.size; ) {
    known = owners.size;
    for (const { owner, type, target, ttlSeconds } of records) {
      const ttl = owners.get(owner);
      // An alias is good for as long as what led to it.
      if (type === CNAME && ttl !== undefined && !owners.has(target)) {
        owners.set(target, Math.min(ttl, ttlSeconds));
      }
    }
  }
  return records.flatMap(({ owner, type, ip, ttlSeconds }) => {
    const ttl = owners.get(owner);
    return type === CNAME || ip === '' || ttl === undefined
      ? []
      : [{ ip, ttlSeconds: Math.min(ttl, ttlSeconds) }];
  });
}

/** A position in a message. What lies beyond its end reads as undefined, or as 0. */
class Reader {
  at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  u16(at: number): number {
    return ((this.bytes[at] ?? 0) << 8) | (this.bytes[at + 1] ?? 0);
  }

  skip(count: number): boolean {
    this.at += count;
    return this.at <= this.bytes.length;
  }

  record(): Record | undefined {
    const owner = this.name();
    const start = this.at;
    if (owner === undefined || start + 10 > this.bytes.length) return undefined;
    const type = this.u16(start);
    const isInternet = this.u16(start + 2) === INTERNET;
    const ttl = this.u16(start + 4) * 0x1_0000 + this.u16(start + 6);
    const length = this.u16(start + 8);
    const data = start + 10;
    if (data + length > this.bytes.length) return undefined;
    this.at = data;
    const target = type === CNAME ? this.name() : '';
    if (target === undefined) return undefined;
    this.at = data + length;
    const ip = isInternet ? this.#address(type, data, length) : '';
    return { owner, type, ttlSeconds: ttl > MOST_TTL ? 0 : ttl, target, ip };
  }

  #address(type: number, at: number, length: number): string {
    if (type === A && length === 4) return formatIpv4(this.bytes, at);
    return type === AAAA && length === 16 ? formatIpv6(this.bytes, at) : '';
  }

  /** A name at the position, which moves behind it. Pointers lead backwards only, so that reading ends. */
  name(as: 'text' | 'bytes' = 'text'): string | undefined {
    const labels: string[] = [];
    let at = this.at;
    let lowest = at;
    let behind: number | undefined;
    for (let length = 0; ; ) {
      const size = this.bytes[at];
      if (size === undefined) return undefined;
      if (size === 0) {
        this.at = behind ?? at + 1;
        return labels.join('.');
      }
      if ((size & 0xc0) === 0xc0) {
        if (at + 2 > this.bytes.length) return undefined;
        behind ??= at + 2;
        at = this.u16(at) & 0x3fff;
        if (at >= lowest) return undefined;
        lowest = at;
        continue;
      }
      length += size + 1;
      if (size > 63 || length > LONGEST_NAME + 1 || labels.length >= MOST_LABELS) return undefined;
      if (at + 1 + size > this.bytes.length) return undefined;
      labels.push(this.#label(at + 1, size, as));
      at += 1 + size;
    }
  }

  /** In lower case: names are the same whatever their case. In text, bytes that are no printable ASCII become `?`. */
  #label(at: number, size: number, as: 'text' | 'bytes'): string {
    let text = '';
    for (let i = at; i < at + size; i++) {
      const byte = this.bytes[i] ?? 0;
      const isText = byte > 0x20 && byte < 0x7f;
      text += byte !== 0x2e && (isText || as === 'bytes') ? String.fromCharCode(byte) : '?';
    }
    return text.toLowerCase();
  }
}
