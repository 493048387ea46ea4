import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import { EvidenceError } from '../error.js';
import type { KeyPlace } from './key-sealer.js';
import { sha256 } from './record.js';

const FORMAT = 'runward-evidence-1';
const KEY_TEXT = /^[A-Za-z0-9_-]{43}$/;

/** What a signed record signs: that this text is a record of this log. The text holds its place and the hash before it. */
export const recordStatement = (log: string, json: string): string => digestStatement(log, sha256(json));
export const digestStatement = (log: string, digest: string): string => `${FORMAT} record ${log} ${digest}`;

/** What is signed of a bundle: that this is the digest of the manifest of one made beside this log. */
export const bundleStatement = (log: string, digest: string): string => `${FORMAT} bundle ${log} ${digest}`;

/** What a new key signs itself, so that nobody can pass on to a key that is not theirs. */
export const proofStatement = (log: string, from: string, to: string): string =>
  `${FORMAT} key ${log} ${from} ${to}`;

/** A private key, and its public half as records name it: the 32 bytes in base64url. */
export class Signer {
  readonly publicKey: string;
  /** Where it is kept. */
  readonly place: KeyPlace;
  readonly #key: KeyObject;

  private constructor(key: KeyObject, place: KeyPlace) {
    this.#key = key;
    this.place = place;
    const { x } = createPublicKey(key).export({ format: 'jwk' });
    if (typeof x !== 'string') throw badKey('it is no Ed25519 key');
    this.publicKey = x;
  }

  static generate(place: KeyPlace = 'disk'): Signer {
    return new Signer(generateKeyPairSync('ed25519').privateKey, place);
  }

  /** @throws EvidenceError EVIDENCE_KEY_INVALID */
  static fromPem(pem: string, place: KeyPlace = 'disk'): Signer {
    try {
      const key = createPrivateKey(pem);
      if (key.asymmetricKeyType !== 'ed25519') throw new Error('it is no Ed25519 key');
      return new Signer(key, place);
    } catch (cause) {
      throw badKey(cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  /** PKCS #8, as it is sealed. @throws EvidenceError EVIDENCE_KEY_INVALID */
  static fromDer(der: Uint8Array, place: KeyPlace): Signer {
    const body = Buffer.from(der).toString('base64');
    return Signer.fromPem(`-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`, place);
  }

  toDer(): Buffer {
    return this.#key.export({ type: 'pkcs8', format: 'der' });
  }

  /** PKCS #8. */
  toPem(): string {
    return this.#key.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  /** Base64url. */
  sign(statement: string): string {
    return signBytes(null, Buffer.from(statement), this.#key).toString('base64url');
  }
}

const badKey = (why: string, cause?: unknown): EvidenceError =>
  new EvidenceError('EVIDENCE_KEY_INVALID', `the key cannot be used: ${why}`, {
    help: 'an Ed25519 key is wanted, as PEM or as the 43 characters `runward evidence keys` prints',
    cause,
  });

function keyObject(publicKey: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
}

/** For whoever checks by other means, such as `openssl pkeyutl -verify`. */
export const publicPem = (publicKey: string): string =>
  keyObject(publicKey).export({ type: 'spki', format: 'pem' }).toString();

/**
 * The public key in a text: 43 characters of base64url, or a PEM.
 *
 * @throws EvidenceError EVIDENCE_KEY_INVALID
 */
export function readPublicKey(text: string): string {
  const plain = text.trim();
  let key: KeyObject;
  try {
    key = KEY_TEXT.test(plain) ? keyObject(plain) : createPublicKey(plain);
  } catch (cause) {
    throw badKey('it is neither the 43 characters of one nor a PEM', cause);
  }
  // Exported again: the last of 43 characters has bits to spare, and a key has one name.
  const { crv, x } = key.export({ format: 'jwk' });
  if (crv === 'Ed25519' && typeof x === 'string') return x;
  throw badKey('it is no Ed25519 key');
}

/** Checks signatures; keeps the keys it met ready. */
export class SignatureCheck {
  readonly #keys = new Map<string, KeyObject | undefined>();

  holds(publicKey: string, statement: string, signature: string): boolean {
    if (!this.#keys.has(publicKey)) this.#keys.set(publicKey, this.#load(publicKey));
    const key = this.#keys.get(publicKey);
    if (key === undefined || signature === '') return false;
    return verifyBytes(null, Buffer.from(statement), key, Buffer.from(signature, 'base64url'));
  }

  #load(publicKey: string): KeyObject | undefined {
    try {
      return KEY_TEXT.test(publicKey) ? keyObject(publicKey) : undefined;
    } catch {
      return undefined;
    }
  }
}
