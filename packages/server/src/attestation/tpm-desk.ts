import { randomBytes, randomUUID, timingSafeEqual, type X509Certificate } from 'node:crypto';
import type { TpmChallenge, TpmKeys, TpmProof } from '@runward/protocol';
import { enrolStatement } from '@runward/protocol/node';
import {
  ATTRIBUTE,
  checkEndorsement,
  type EndorsementProof,
  hasAttributes,
  holdsSignature,
  makeCredential,
  nameOf,
  parsePublic,
  parseQuote,
  parseSignature,
} from '@runward/tpm';
import { messageOf, ServerError } from '../error.js';
import type { Binding } from './binding.js';

const SECRET_BYTES = 32;
/** A TPM may take a minute to compute its endorsement key. */
const ANSWER_MS = 300_000;
const MOST_PENDING = 256;

const { fixedTpm, fixedParent, sensitiveDataOrigin, restricted, decrypt, sign } = ATTRIBUTE;
/** It opens nothing but credentials. */
const ENDORSEMENT = fixedTpm | fixedParent | sensitiveDataOrigin | restricted | decrypt;
/** It signs nothing but what its TPM says. */
const ATTESTATION = fixedTpm | fixedParent | sensitiveDataOrigin | restricted | sign;

interface Pending {
  readonly secret: Buffer;
  readonly keys: TpmKeys;
  /** Digest of the key the node will be known by. */
  readonly key: string;
  readonly proof: EndorsementProof;
  readonly expiresMs: number;
}

export interface TpmDeskOptions {
  /** Of makers of TPMs: roots and what is between them and endorsement keys. */
  readonly anchors: readonly X509Certificate[];
  /** Nobody enrols without a TPM. */
  readonly isRequired: boolean;
  readonly now: () => number;
}

/**
 * Binds who enrols to its TPM: a secret that only the TPM with both keys can open comes back in a quote, by the attestation
 * key, over that secret and the node's own key.
 */
export class TpmDesk {
  readonly #options: TpmDeskOptions;
  readonly #pending = new Map<string, Pending>();

  constructor(options: TpmDeskOptions) {
    this.#options = options;
  }

  /** @throws ServerError SERVER_TPM_REFUSED */
  challenge(keys: TpmKeys, key: string): TpmChallenge {
    const endorsement = publicOf(keys.endorsement, 'endorsement key');
    const attestation = publicOf(keys.attestation, 'attestation key');
    if (!hasAttributes(endorsement.area, ENDORSEMENT))
      throw refused('the endorsement key is not one of a TPM');
    if (!hasAttributes(attestation.area, ATTESTATION) || hasAttributes(attestation.area, decrypt))
      throw refused('the attestation key could sign what its TPM did not say');
    const proof = this.#proofOf(endorsement.area, keys.certificate);
    const secret = randomBytes(SECRET_BYTES);
    try {
      const { blob, secret: sealed } = makeCredential(
        endorsement.area,
        nameOf(attestation.bytes, attestation.area),
        secret,
      );
      const id = randomUUID();
      this.#keep(id, { secret, keys, key, proof, expiresMs: this.#options.now() + ANSWER_MS });
      return { challenge: { id, blob: blob.toString('base64'), secret: sealed.toString('base64') } };
    } catch (error) {
      throw refused(messageOf(error), error);
    }
  }

  #proofOf(endorsement: ReturnType<typeof parsePublic>, certificate: string | null): EndorsementProof {
    const { anchors, now } = this.#options;
    const der = certificate === null ? undefined : Buffer.from(certificate, 'base64');
    const proof = checkEndorsement(endorsement, der, anchors, now());
    if (typeof proof === 'string') throw refused(proof);
    return proof;
  }

  /** The oldest makes room: who asks again and again fills no memory. */
  #keep(id: string, pending: Pending): void {
    const [oldest] = this.#pending.keys();
    if (this.#pending.size >= MOST_PENDING && oldest !== undefined) this.#pending.delete(oldest);
    this.#pending.set(id, pending);
  }

  /** null: there is no TPM, and none is required. @throws ServerError SERVER_TPM_REQUIRED, SERVER_TPM_REFUSED */
  bind(keys: TpmKeys | undefined, proof: TpmProof | undefined, key: string): Binding | null {
    if (keys === undefined || proof === undefined) {
      if (!this.#options.isRequired) return null;
      throw new ServerError('SERVER_TPM_REQUIRED', 'this server takes nodes with a TPM only', {
        help: 'enrol with `--tpm DEVICE`; the server was started with `--require-tpm`',
      });
    }
    const pending = this.#pending.get(proof.challenge);
    this.#pending.delete(proof.challenge);
    const isSame = pending?.key === key && JSON.stringify(pending.keys) === JSON.stringify(keys);
    if (pending === undefined || !isSame || pending.expiresMs <= this.#options.now())
      throw refused('the challenge it answers is not one of this server, or is over');
    const why = whyNot(pending, proof);
    if (why !== undefined) throw refused(why);
    const { endorsement, attestation } = keys;
    return { endorsement, attestation, proof: pending.proof };
  }
}

function whyNot({ secret, keys, key }: Pending, proof: TpmProof): string | undefined {
  try {
    const attest = Buffer.from(proof.attest, 'base64');
    const signature = parseSignature(Buffer.from(proof.signature, 'base64'));
    const area = parsePublic(Buffer.from(keys.attestation, 'base64'));
    if (!holdsSignature(area, attest, signature)) return 'the attestation key did not sign';
    const { extraData } = parseQuote(attest);
    const expected = enrolStatement(secret, key);
    const isTold = extraData.length === expected.length && timingSafeEqual(extraData, expected);
    return isTold ? undefined : 'the secret of the credential was not told: the keys are not of one TPM';
  } catch (error) {
    return messageOf(error);
  }
}

function publicOf(text: string, what: string) {
  const bytes = Buffer.from(text, 'base64');
  try {
    return { bytes, area: parsePublic(bytes) };
  } catch (error) {
    throw refused(`the ${what} cannot be read: ${messageOf(error)}`, error);
  }
}

const refused = (why: string, cause?: unknown): ServerError =>
  new ServerError('SERVER_TPM_REFUSED', `the TPM is not believed: ${why}`, {
    help: 'docs/node-attestation.md says what is asked of a TPM; without one enrol with `--tpm none`',
    cause,
  });
