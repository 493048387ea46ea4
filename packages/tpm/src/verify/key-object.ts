import { createPublicKey, type KeyObject } from 'node:crypto';
import { malformed, messageOf, unsupported } from '../error.js';
import { knownCurve } from '../structures/algorithms.js';
import type { PublicArea } from '../structures/public-area.js';

const padded = (value: Buffer, bytes: number): Buffer =>
  Buffer.concat([Buffer.alloc(Math.max(0, bytes - value.length)), value]);

/** A TPM's public key for node:crypto. @throws TpmError TPM_MALFORMED (no such point or modulus), TPM_UNSUPPORTED */
export function keyObjectOf(area: PublicArea): KeyObject {
  if (area.type === 'keyedhash') throw unsupported('a public key of something that is sealed');
  try {
    return createPublicKey({ key: jwkOf(area), format: 'jwk' });
  } catch (cause) {
    throw malformed('a public key', messageOf(cause));
  }
}

function jwkOf(area: Exclude<PublicArea, { type: 'keyedhash' }>) {
  if (area.type === 'rsa') {
    // 0 stands for the default exponent (Part 2, 12.2.3.5).
    const e = Buffer.alloc(4);
    e.writeUInt32BE(area.exponent === 0 ? 65_537 : area.exponent);
    const first = e.findIndex((byte) => byte !== 0);
    return { kty: 'RSA', n: area.modulus.toString('base64url'), e: e.subarray(first).toString('base64url') };
  }
  const { jwk, bytes } = knownCurve(area.curve);
  const [x, y] = [padded(area.x, bytes), padded(area.y, bytes)];
  return { kty: 'EC', crv: jwk, x: x.toString('base64url'), y: y.toString('base64url') };
}
