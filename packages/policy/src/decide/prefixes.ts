import { inNetwork, type Network } from '@runward/core';

const contains = (outer: Network, inner: Network): boolean =>
  inner.bits >= outer.bits && inNetwork(inner.words, outer);

/** The networks without the others, in as few as there can be: halves are kept where the other is not. */
export function minus(networks: readonly Network[], others: readonly Network[]): readonly Network[] {
  return networks.flatMap((network) => without(network, others));
}

function without(network: Network, others: readonly Network[]): readonly Network[] {
  if (others.some((other) => contains(other, network))) return [];
  const inside = others.filter((other) => contains(network, other));
  if (inside.length === 0) return [network];
  return halves(network).flatMap((half) => without(half, inside));
}

function halves({ words, bits }: Network): readonly [Network, Network] {
  const at = bits >>> 5;
  const bit = 2 ** (31 - (bits & 31));
  const with1 = words.map((word, i) => (i === at && Math.floor(word / bit) % 2 === 0 ? word + bit : word));
  const with0 = words.map((word, i) => (i === at && Math.floor(word / bit) % 2 === 1 ? word - bit : word));
  return [
    { words: with0, bits: bits + 1 },
    { words: with1, bits: bits + 1 },
  ];
}
