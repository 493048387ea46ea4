import { unsupported } from '../error.js';

/** TPM_ALG_ID (TCG Algorithm Registry), those that are met here. */
export const ALG = {
  rsa: 0x0001,
  sha1: 0x0004,
  hmac: 0x0005,
  aes: 0x0006,
  keyedHash: 0x0008,
  sha256: 0x000b,
  sha384: 0x000c,
  sha512: 0x000d,
  null: 0x0010,
  rsaSsa: 0x0014,
  rsaEs: 0x0015,
  rsaPss: 0x0016,
  oaep: 0x0017,
  ecdsa: 0x0018,
  ecdh: 0x0019,
  ecc: 0x0023,
  symCipher: 0x0025,
  cfb: 0x0043,
} as const;

export type HashName = 'sha1' | 'sha256' | 'sha384' | 'sha512';

export interface Hash {
  readonly name: HashName;
  readonly bytes: number;
}

const HASHES: Readonly<Record<number, Hash>> = {
  [ALG.sha1]: { name: 'sha1', bytes: 20 },
  [ALG.sha256]: { name: 'sha256', bytes: 32 },
  [ALG.sha384]: { name: 'sha384', bytes: 48 },
  [ALG.sha512]: { name: 'sha512', bytes: 64 },
};

/** undefined: none that is known here. */
export const hashOf = (algorithm: number): Hash | undefined => HASHES[algorithm];

/** @throws TpmError TPM_UNSUPPORTED */
export function knownHash(algorithm: number): Hash {
  const hash = hashOf(algorithm);
  if (hash === undefined) throw unsupported(`the hash algorithm 0x${algorithm.toString(16)}`);
  return hash;
}

export const algorithmOf = (name: HashName): number => ALG[name];

export interface Curve {
  readonly jwk: 'P-256' | 'P-384' | 'P-521';
  readonly openssl: string;
  /** Of a coordinate. */
  readonly bytes: number;
}

const CURVES: Readonly<Record<number, Curve>> = {
  3: { jwk: 'P-256', openssl: 'prime256v1', bytes: 32 },
  4: { jwk: 'P-384', openssl: 'secp384r1', bytes: 48 },
  5: { jwk: 'P-521', openssl: 'secp521r1', bytes: 66 },
};

/** @throws TpmError TPM_UNSUPPORTED */
export function knownCurve(id: number): Curve {
  const curve = CURVES[id];
  if (curve === undefined) throw unsupported(`the curve 0x${id.toString(16)}`);
  return curve;
}
