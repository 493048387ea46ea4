/** An address as 32-bit words: one for IPv4, four for IPv6. */
export type AddressWords = readonly number[];

export function parseIpv4(text: string): number | undefined {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 46) {
      if (octet < 0) return undefined;
      value = value * 256 + octet;
      octet = -1;
      dots += 1;
    } else if (code >= 48 && code <= 57) {
      octet = (octet < 0 ? 0 : octet * 10) + code - 48;
      if (octet > 255) return undefined;
    } else return undefined;
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : undefined;
}

export function parseIpv6(text: string): AddressWords | undefined {
  if (!text.includes(':') || text.length > 45) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : hextets(half)));
  const [head, tail = []] = groups;
  if (head === undefined || groups.includes(undefined)) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...new Array<number>(halves.length === 1 ? 0 : missing).fill(0), ...tail];
  return [0, 2, 4, 6].map((i) => (all[i] ?? 0) * 65536 + (all[i + 1] ?? 0));
}

function hextets(text: string): number[] | undefined {
  const result: number[] = [];
  for (const [i, part] of text.split(':').entries()) {
    if (part.includes('.')) {
      const v4 = i === text.split(':').length - 1 ? parseIpv4(part) : undefined;
      if (v4 === undefined) return undefined;
      result.push(Math.floor(v4 / 65536), v4 % 65536);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) result.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return result;
}

/** Words of either family; a v4-mapped IPv6 address is its IPv4 address. */
export function parseAddress(text: string): AddressWords | undefined {
  const v4 = parseIpv4(text);
  if (v4 !== undefined) return [v4];
  const v6 = parseIpv6(text);
  if (v6?.[0] === 0 && v6[1] === 0 && v6[2] === 0xffff) return [v6[3] ?? 0];
  return v6;
}

/** An address or a network: words and how many leading bits count. */
export interface Network {
  readonly words: AddressWords;
  readonly bits: number;
}

export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const words = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (words === undefined) return undefined;
  const width = words.length * 32;
  if (slash === -1) return { words, bits: width };
  const written = text.slice(slash + 1);
  const bits = /^\d{1,3}$/.test(written) ? Number(written) : maskBits(written);
  return bits === undefined || bits > width ? undefined : { words, bits };
}

/** `255.255.0.0` as a prefix length. */
function maskBits(text: string): number | undefined {
  const mask = parseIpv4(text);
  if (mask === undefined) return undefined;
  const bits = mask === 0 ? 0 : 32 - Math.log2(2 ** 32 - mask);
  return Number.isInteger(bits) ? bits : undefined;
}

export function inNetwork(address: AddressWords, { words, bits }: Network): boolean {
  if (address.length !== words.length) return false;
  for (let i = 0, left = bits; i < words.length && left > 0; i++, left -= 32) {
    const divisor = 2 ** Math.max(0, 32 - left);
    if (Math.floor((address[i] ?? 0) / divisor) !== Math.floor((words[i] ?? 0) / divisor)) return false;
  }
  return true;
}
