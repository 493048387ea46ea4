import { inNetwork, type Network } from '@runward/core';

/** Addresses of a network but for those of others: `ipBlock` of Kubernetes. */
export interface Block {
  readonly cidr: string;
  readonly except: readonly string[];
}

export const EVERYTHING: readonly Network[] = [
  { words: [0], bits: 0 },
  { words: [0, 0, 0, 0], bits: 0 },
];
const LOOPBACK: readonly Network[] = [
  { words: [0x7f00_0000], bits: 8 },
  { words: [0, 0, 0, 1], bits: 128 },
];

export const isIpv4 = ({ words }: Network): boolean => words.length === 1;
const contains = (outer: Network, inner: Network): boolean =>
  inner.bits >= outer.bits && inNetwork(inner.words, outer);
/** Two networks share addresses only where one contains the other. */
export const meet = (a: Network, b: Network): boolean => contains(a, b) || contains(b, a);
/** What a pod says to itself passes no network. */
export const isLoopback = (network: Network): boolean => LOOPBACK.some((each) => contains(each, network));

/** The allowed networks without the denied ones. Two networks overlap only where one contains the other. */
export function blocksOf(allowed: readonly Network[], denied: readonly Network[]): readonly Block[] {
  const widest = maximal(allowed.filter((network) => !denied.some((each) => contains(each, network))));
  return widest
    .map((network) => ({
      cidr: cidrText(network),
      except: maximal(denied.filter((each) => contains(network, each)))
        .map(cidrText)
        .toSorted(),
    }))
    .toSorted((a, b) => (a.cidr < b.cidr ? -1 : 1));
}

/** Those that no other one contains, each once. */
function maximal(networks: readonly Network[]): readonly Network[] {
  const unique = [...new Map(networks.map((network) => [cidrText(network), network])).values()];
  return unique.filter((network) => !unique.some((other) => other !== network && contains(other, network)));
}

/** As the API server wants it: no bits behind the prefix. */
export function cidrText({ words, bits }: Network): string {
  const kept = words.map((word, at) => {
    const left = Math.min(32, Math.max(0, bits - at * 32));
    const divisor = 2 ** (32 - left);
    return Math.floor(word / divisor) * divisor;
  });
  return `${kept.length === 1 ? ipv4Text(kept[0] ?? 0) : ipv6Text(kept)}/${bits}`;
}

const ipv4Text = (word: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(word / 2 ** shift) % 256).join('.');

/** RFC 5952: the longest run of zeros is `::`. */
function ipv6Text(words: readonly number[]): string {
  const groups = words.flatMap((word) => [Math.floor(word / 65_536), word % 65_536]);
  let [start, length] = [-1, 1];
  for (let at = 0; at < groups.length; at += 1) {
    let end = at;
    while (groups[end] === 0) end += 1;
    if (end - at > length) [start, length] = [at, end - at];
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return start < 0 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}
