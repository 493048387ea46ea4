import { createHash, createHmac } from 'node:crypto';
import type { HashName } from '../structures/algorithms.js';

const counter = (at: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(at);
  return bytes;
};

/** Part 1, 11.4.10.2: HMAC in counter mode (SP 800-108). `bits` is a multiple of 8. */
export function kdfA(
  hash: HashName,
  key: Uint8Array,
  label: string,
  context: Uint8Array,
  bits: number,
): Buffer {
  const parts: Buffer[] = [];
  for (let at = 1, size = 0; size * 8 < bits; at += 1) {
    const mac = createHmac(hash, key).update(counter(at)).update(`${label}\0`);
    const part = mac.update(context).update(counter(bits)).digest();
    parts.push(part);
    size += part.length;
  }
  return Buffer.concat(parts).subarray(0, bits / 8);
}

/** Part 1, 11.4.10.3: of a secret agreed on by ECDH (SP 800-56A). `bits` is a multiple of 8. */
export function kdfE(
  hash: HashName,
  shared: Uint8Array,
  label: string,
  partyU: Uint8Array,
  partyV: Uint8Array,
  bits: number,
): Buffer {
  const parts: Buffer[] = [];
  for (let at = 1, size = 0; size * 8 < bits; at += 1) {
    const digest = createHash(hash).update(counter(at)).update(shared).update(`${label}\0`);
    const part = digest.update(partyU).update(partyV).digest();
    parts.push(part);
    size += part.length;
  }
  return Buffer.concat(parts).subarray(0, bits / 8);
}
