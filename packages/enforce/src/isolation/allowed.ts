import { type AddressWords, parseNetwork } from '@runward/core';
import { formatIpv6 } from '@runward/events';
import { StructWriter } from '../encode/writer.js';
import { RwIsolateAllow } from './layout.generated.js';

/** A network that an isolated container may go on with. */
export interface AllowedNetwork {
  /** As it was written. */
  readonly text: string;
  /** 16 bytes; IPv4 is `::ffff:a.b.c.d`. */
  readonly address: Uint8Array;
  /** Of the 128. */
  readonly bits: number;
}

const V4_OFFSET_BITS = 96;
const ADDRESS_BITS = 128;
const NUMBER_BITS = 32;

/** undefined when the text is neither an address nor a network. */
export function allowedNetwork(text: string): AllowedNetwork | undefined {
  const network = parseNetwork(text);
  if (network === undefined) return undefined;
  const { words } = network;
  return {
    text,
    address: bytesOf(words),
    bits: words.length === 1 ? V4_OFFSET_BITS + network.bits : network.bits,
  };
}

function bytesOf(words: AddressWords): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  const all = words.length === 1 ? [0, 0, 0xffff, ...words] : words;
  for (const [i, word] of all.entries()) view.setUint32(4 * i, word);
  return bytes;
}

/** Its key in the kernel's trie. */
export function allowKey(isolation: number, { address, bits }: AllowedNetwork): Uint8Array {
  const key = new StructWriter(RwIsolateAllow.size);
  key.u32(RwIsolateAllow.prefix_length, NUMBER_BITS + bits);
  key.u32(RwIsolateAllow.isolation, isolation);
  // The trie compares keys by their prefix, and hands out what was written: bits behind it are zero.
  for (const [i, byte] of address.entries()) {
    const left = Math.max(0, Math.min(8, bits - 8 * i));
    key.bytes[RwIsolateAllow.address + i] = byte & (0xff00 >> left);
  }
  return key.bytes;
}

export function networkOfKey(key: Uint8Array): {
  readonly isolation: number;
  readonly network: AllowedNetwork;
} {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  const bits = view.getUint32(RwIsolateAllow.prefix_length, true) - NUMBER_BITS;
  const address = key.slice(RwIsolateAllow.address, RwIsolateAllow.address + 16);
  const isV4 = bits >= V4_OFFSET_BITS && isMapped(address);
  const host = isV4 ? address.subarray(12).join('.') : formatIpv6(address, 0);
  return {
    isolation: view.getUint32(RwIsolateAllow.isolation, true),
    network: { text: `${host}/${isV4 ? bits - V4_OFFSET_BITS : bits}`, address, bits },
  };
}

const isMapped = (address: Uint8Array): boolean =>
  address.subarray(0, 12).every((byte, i) => byte === (i < 10 ? 0 : 0xff));

/** Whether an address, in 16 bytes, is in one of them. */
export const isAllowed = (networks: readonly AllowedNetwork[], address: Uint8Array): boolean =>
  networks.some(({ address: net, bits }) => {
    for (let i = 0; 8 * i < Math.min(bits, ADDRESS_BITS); i += 1) {
      const mask = 0xff00 >> Math.min(8, bits - 8 * i);
      if ((((net[i] ?? 0) ^ (address[i] ?? 0)) & mask & 0xff) !== 0) return false;
    }
    return true;
  });
