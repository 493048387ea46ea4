import { createHash } from 'node:crypto';
import { unsupported } from '../error.js';
import { Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import { ALG, algorithmOf, knownHash } from './algorithms.js';

/** TPMA_OBJECT, the bits that say what a key is for and where it can be. */
export const ATTRIBUTE = {
  fixedTpm: 1 << 1,
  fixedParent: 1 << 4,
  sensitiveDataOrigin: 1 << 5,
  userWithAuth: 1 << 6,
  adminWithPolicy: 1 << 7,
  noDa: 1 << 10,
  restricted: 1 << 16,
  decrypt: 1 << 17,
  sign: 1 << 18,
} as const;

/** What a restricted key wraps its children, or credentials, with. */
export interface Symmetric {
  readonly algorithm: number;
  readonly keyBits: number;
  readonly mode: number;
}

/** A scheme of signing; `hash` is 0 where the scheme has none. */
export interface Scheme {
  readonly algorithm: number;
  readonly hash: number;
}

interface Common {
  readonly nameAlgorithm: number;
  readonly attributes: number;
  readonly policy: Buffer;
}
export interface RsaPublic extends Common {
  readonly type: 'rsa';
  readonly symmetric: Symmetric | undefined;
  readonly scheme: Scheme | undefined;
  readonly keyBits: number;
  readonly exponent: number;
  readonly modulus: Buffer;
}
export interface EccPublic extends Common {
  readonly type: 'ecc';
  readonly symmetric: Symmetric | undefined;
  readonly scheme: Scheme | undefined;
  readonly curve: number;
  readonly x: Buffer;
  readonly y: Buffer;
}
export interface KeyedHashPublic extends Common {
  readonly type: 'keyedhash';
  readonly scheme: Scheme | undefined;
  readonly unique: Buffer;
}
export type PublicArea = RsaPublic | EccPublic | KeyedHashPublic;

const symmetricFrom = (read: Reader): Symmetric | undefined => {
  const algorithm = read.u16();
  return algorithm === ALG.null ? undefined : { algorithm, keyBits: read.u16(), mode: read.u16() };
};

/** Schemes without details are those of RSAES and of the KDF that is null. */
function schemeFrom(read: Reader): Scheme | undefined {
  const algorithm = read.u16();
  if (algorithm === ALG.null) return undefined;
  const known: readonly number[] = [ALG.rsaSsa, ALG.rsaPss, ALG.oaep, ALG.ecdsa, ALG.ecdh, ALG.hmac];
  if (algorithm === ALG.rsaEs) return { algorithm, hash: 0 };
  if (!known.includes(algorithm)) throw unsupported(`the scheme 0x${algorithm.toString(16)}`);
  return { algorithm, hash: read.u16() };
}

/** TPMT_PUBLIC. @throws TpmError TPM_MALFORMED, TPM_UNSUPPORTED */
export function parsePublic(bytes: Uint8Array): PublicArea {
  const read = new Reader(bytes, 'a public area');
  const type = read.u16();
  const common = { nameAlgorithm: read.u16(), attributes: read.u32(), policy: read.sized() };
  const area = areaFrom(read, type, common);
  read.end();
  return area;
}

function areaFrom(read: Reader, type: number, common: Common): PublicArea {
  if (type === ALG.keyedHash)
    return { type: 'keyedhash', ...common, scheme: schemeFrom(read), unique: read.sized() };
  if (type === ALG.rsa) {
    const [symmetric, scheme] = [symmetricFrom(read), schemeFrom(read)];
    const [keyBits, exponent] = [read.u16(), read.u32()];
    return { type: 'rsa', ...common, symmetric, scheme, keyBits, exponent, modulus: read.sized() };
  }
  if (type !== ALG.ecc) throw unsupported(`the kind of key 0x${type.toString(16)}`);
  const [symmetric, scheme, curve] = [symmetricFrom(read), schemeFrom(read), read.u16()];
  if (schemeFrom(read) !== undefined) throw unsupported('a key derivation scheme of a key');
  return { type: 'ecc', ...common, symmetric, scheme, curve, x: read.sized(), y: read.sized() };
}

const writeSymmetric = (write: Writer, symmetric: Symmetric | undefined): Writer =>
  symmetric === undefined
    ? write.u16(ALG.null)
    : write.u16(symmetric.algorithm).u16(symmetric.keyBits).u16(symmetric.mode);

function writeScheme(write: Writer, scheme: Scheme | undefined): Writer {
  if (scheme === undefined) return write.u16(ALG.null);
  write.u16(scheme.algorithm);
  return scheme.algorithm === ALG.rsaEs ? write : write.u16(scheme.hash);
}

/** TPMT_PUBLIC, as {@link parsePublic} reads it. */
export function encodePublic(area: PublicArea): Buffer {
  const type = { rsa: ALG.rsa, ecc: ALG.ecc, keyedhash: ALG.keyedHash }[area.type];
  const write = new Writer().u16(type).u16(area.nameAlgorithm).u32(area.attributes).sized(area.policy);
  if (area.type === 'keyedhash') return writeScheme(write, area.scheme).sized(area.unique).done();
  writeScheme(writeSymmetric(write, area.symmetric), area.scheme);
  if (area.type === 'rsa') return write.u16(area.keyBits).u32(area.exponent).sized(area.modulus).done();
  return write.u16(area.curve).u16(ALG.null).sized(area.x).sized(area.y).done();
}

/** The Name of an object (Part 1, 16): its algorithm and the digest of its public area. @throws TpmError TPM_UNSUPPORTED */
export function nameOf(publicArea: Uint8Array, { nameAlgorithm }: PublicArea): Buffer {
  const hash = knownHash(nameAlgorithm);
  const digest = createHash(hash.name).update(publicArea).digest();
  return new Writer().u16(algorithmOf(hash.name)).bytes(digest).done();
}

export const hasAttributes = ({ attributes }: PublicArea, wanted: number): boolean =>
  (attributes & wanted) === wanted;
