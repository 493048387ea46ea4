import { constants, createCipheriv, createECDH, createHmac, publicEncrypt, randomBytes } from 'node:crypto';
import { unsupported } from '../error.js';
import { ALG, type Hash, knownCurve, knownHash } from '../structures/algorithms.js';
import type { EccPublic, PublicArea, RsaPublic } from '../structures/public-area.js';
import { keyObjectOf } from '../verify/key-object.js';
import { Writer } from '../wire/writer.js';
import { kdfA, kdfE } from './kdf.js';

export interface Credential {
  /** TPM2B_ID_OBJECT, without its length in front. */
  readonly blob: Buffer;
  /** TPM2B_ENCRYPTED_SECRET, without its length in front. */
  readonly secret: Buffer;
}

interface Seed {
  readonly seed: Buffer;
  readonly encrypted: Buffer;
}

/**
 * A secret that only the TPM with this endorsement key can tell, and only if it holds the key of that Name too (Part 1, 24:
 * credential protection; what TPM2_MakeCredential does, without a TPM).
 *
 * @throws TpmError TPM_UNSUPPORTED, TPM_MALFORMED
 */
export function makeCredential(endorsement: PublicArea, name: Uint8Array, secret: Uint8Array): Credential {
  const hash = knownHash(endorsement.nameAlgorithm);
  if (endorsement.type === 'keyedhash') throw unsupported('an endorsement key that is no key');
  const { symmetric } = endorsement;
  if (
    symmetric?.algorithm !== ALG.aes ||
    symmetric.mode !== ALG.cfb ||
    ![128, 256].includes(symmetric.keyBits)
  )
    throw unsupported('an endorsement key that does not wrap with AES in CFB mode');
  const { seed, encrypted } =
    endorsement.type === 'rsa' ? rsaSeed(endorsement, hash) : eccSeed(endorsement, hash);
  const key = kdfA(hash.name, seed, 'STORAGE', name, symmetric.keyBits);
  const cipher = createCipheriv(`aes-${symmetric.keyBits as 128 | 256}-cfb`, key, Buffer.alloc(16)); // one of the two, by the check above
  const identity = Buffer.concat([cipher.update(new Writer().sized(secret).done()), cipher.final()]);
  const macKey = kdfA(hash.name, seed, 'INTEGRITY', Buffer.alloc(0), hash.bytes * 8);
  const mac = createHmac(hash.name, macKey).update(identity).update(name).digest();
  return { blob: new Writer().sized(mac).bytes(identity).done(), secret: encrypted };
}

/** Part 1, B.10.4: encrypted with OAEP. */
function rsaSeed(endorsement: RsaPublic, hash: Hash): Seed {
  const seed = randomBytes(hash.bytes);
  const encrypted = publicEncrypt(
    {
      key: keyObjectOf(endorsement),
      padding: constants.RSA_PKCS1_OAEP_PADDING,
      oaepHash: hash.name,
      oaepLabel: Buffer.from('IDENTITY\0'),
    },
    seed,
  );
  return { seed, encrypted };
}

/** Part 1, C.6.3: agreed on with a key that is used once. */
function eccSeed(endorsement: EccPublic, hash: Hash): Seed {
  const { openssl, bytes } = knownCurve(endorsement.curve);
  keyObjectOf(endorsement); // the point is on the curve
  const padded = (value: Buffer): Buffer =>
    Buffer.concat([Buffer.alloc(Math.max(0, bytes - value.length)), value]);
  const [x, y] = [padded(endorsement.x), padded(endorsement.y)];
  const once = createECDH(openssl);
  const point = once.generateKeys();
  const [ownX, ownY] = [point.subarray(1, 1 + bytes), point.subarray(1 + bytes)];
  const shared = once.computeSecret(Buffer.concat([Uint8Array.of(4), x, y]));
  const seed = kdfE(hash.name, shared, 'IDENTITY', ownX, x, hash.bytes * 8);
  return { seed, encrypted: new Writer().sized(ownX).sized(ownY).done() };
}
