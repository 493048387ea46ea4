import { ALG } from '../structures/algorithms.js';
import {
  ATTRIBUTE,
  type EccPublic,
  type KeyedHashPublic,
  type PublicArea,
} from '../structures/public-area.js';

const {
  fixedTpm,
  fixedParent,
  sensitiveDataOrigin,
  userWithAuth,
  adminWithPolicy,
  noDa,
  restricted,
  decrypt,
  sign,
} = ATTRIBUTE;
const NONE = Buffer.alloc(0);
const P256 = 3;
const AES = { algorithm: ALG.aes, keyBits: 128, mode: ALG.cfb };
const MADE_INSIDE = fixedTpm | fixedParent | sensitiveDataOrigin;

/** PolicySecret of the endorsement hierarchy (TCG EK Credential Profile, B.3.1). */
const EK_POLICY = Buffer.from('837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa', 'hex');
const EK_COMMON = {
  nameAlgorithm: ALG.sha256,
  attributes: MADE_INSIDE | adminWithPolicy | restricted | decrypt,
  policy: EK_POLICY,
  symmetric: AES,
  scheme: undefined,
};

/** Templates L-1 and L-2 of that profile: what a TPM makes of them is the same key each time, the one its maker certified. */
export const EK_TEMPLATES: Readonly<Record<'rsa' | 'ecc', PublicArea>> = {
  rsa: { type: 'rsa', ...EK_COMMON, keyBits: 2048, exponent: 0, modulus: Buffer.alloc(256) },
  ecc: { type: 'ecc', ...EK_COMMON, curve: P256, x: Buffer.alloc(32), y: Buffer.alloc(32) },
};

/** What an endorsement key has to be, so that it tells secrets only as credentials. */
export const EK_ATTRIBUTES = fixedTpm | fixedParent | sensitiveDataOrigin | restricted | decrypt;
/** What an attestation key has to be, so that it signs nothing that only looks like a TPM's own. */
export const AK_ATTRIBUTES = MADE_INSIDE | restricted | sign;

/** Made of the endorsement seed: the same each time, with nothing to keep on a disk. */
export const AK_TEMPLATE: EccPublic = {
  type: 'ecc',
  nameAlgorithm: ALG.sha256,
  attributes: AK_ATTRIBUTES | userWithAuth | noDa,
  policy: NONE,
  symmetric: undefined,
  scheme: { algorithm: ALG.ecdsa, hash: ALG.sha256 },
  ...{ curve: P256, x: NONE, y: NONE },
};

/** The storage key of the owner (TCG TPM v2.0 Provisioning Guidance, 7.5.1), under which secrets are sealed. */
export const SRK_TEMPLATE: EccPublic = {
  type: 'ecc',
  nameAlgorithm: ALG.sha256,
  attributes: MADE_INSIDE | userWithAuth | noDa | restricted | decrypt,
  policy: NONE,
  symmetric: AES,
  scheme: undefined,
  ...{ curve: P256, x: Buffer.alloc(32), y: Buffer.alloc(32) },
};

export const SEALED_TEMPLATE: KeyedHashPublic = {
  type: 'keyedhash',
  nameAlgorithm: ALG.sha256,
  attributes: fixedTpm | fixedParent | userWithAuth | noDa,
  policy: NONE,
  scheme: undefined,
  unique: NONE,
};
