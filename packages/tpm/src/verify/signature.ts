import { constants, verify } from 'node:crypto';
import { knownCurve, knownHash } from '../structures/algorithms.js';
import type { PublicArea } from '../structures/public-area.js';
import type { Signature } from '../structures/signature.js';
import { keyObjectOf } from './key-object.js';

/** Whether that key signed it. What cannot be a signature of it is none. @throws TpmError for keys and hashes that are unknown */
export function holdsSignature(key: PublicArea, message: Uint8Array, signature: Signature): boolean {
  const hash = knownHash(signature.hash).name;
  const publicKey = keyObjectOf(key);
  if (signature.scheme === 'ecdsa') {
    if (key.type !== 'ecc') return false;
    const { bytes } = knownCurve(key.curve);
    if (signature.r.length > bytes || signature.s.length > bytes) return false;
    const value = Buffer.alloc(2 * bytes);
    signature.r.copy(value, bytes - signature.r.length);
    signature.s.copy(value, 2 * bytes - signature.s.length);
    return verify(hash, message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, value);
  }
  if (key.type !== 'rsa') return false;
  const padding =
    signature.scheme === 'rsassa' ? constants.RSA_PKCS1_PADDING : constants.RSA_PKCS1_PSS_PADDING;
  return verify(hash, message, { key: publicKey, padding }, signature.value);
}
