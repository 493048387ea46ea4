import { createPublicKey } from 'node:crypto';
import { type FlattenedJWSInput, flattenedVerify } from 'jose';
import { type Digest, fieldsOf, listOf, parsedJson, textOf } from '../../content/index.js';
import { messageOf } from '../../error.js';
import type { NotationMaterial } from '../../material/index.js';
import { Refused } from '../refusal.js';
import type { SignedBy } from '../sigstore/verify-sigstore.js';
import { type Certificate, hasSubject, readChain, verifyChain } from './certificates.js';

/** Those of the specification (signature-envelope-jws.md); RSA PKCS#1 v1.5 and symmetric ones are not among them. */
const ALGORITHMS = ['PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'];
const PAYLOAD = 'application/vnd.cncf.notary.payload.v1+json';
const SCHEME = 'io.cncf.notary.signingScheme';
const EXPIRY = 'io.cncf.notary.expiry';
const AUTHENTIC_TIME = 'io.cncf.notary.authenticSigningTime';
const SIGNING_TIME = 'io.cncf.notary.signingTime';
/** Headers that may be critical. Any other that is asks for something this does not do, and is refused. */
const CRITICAL = { [SCHEME]: true, [EXPIRY]: true, [AUTHENTIC_TIME]: true };

export interface NotationSigned extends SignedBy {
  /** What the signature is about. */
  readonly digest: Digest;
}

/**
 * Checks an envelope of the Notary Project against one signer. The certificate has to be valid now: what says when it was
 * signed is not proved, unless a signing authority vouches for it. Revocation lists are not asked.
 *
 * @throws Refused
 */
export async function verifyNotation(
  envelope: Buffer,
  mediaType: string,
  { roots, signer }: NotationMaterial,
  now: Date,
): Promise<NotationSigned> {
  if (mediaType !== 'application/jose+json') {
    throw new Refused(
      'SIGNATURE_FORM_UNSUPPORTED',
      `envelopes of type \`${mediaType}\` are not read; JWS is`,
    );
  }
  const jws = readEnvelope(envelope);
  const chain = readChain(listOf(jws.header.x5c));
  const { protectedHeader, payload } = await verifySignature(jws, chain);
  const time = signingTime(protectedHeader, now);
  await verifyChain(chain, roots, time.trusted ?? now);
  const [leaf] = chain;
  if (leaf === undefined || !hasSubject(leaf, signer.subject)) {
    const wanted = Object.entries(signer.subject).map(([name, value]) => `${name}=${value}`);
    const who = leaf?.subject ?? '';
    throw new Refused('SIGNATURE_IDENTITY_MISMATCH', `it is by \`${who}\`, not by \`${wanted.join(', ')}\``);
  }
  const digest = textOf(fieldsOf(fieldsOf(parsedJson(payload)).targetArtifact).digest);
  return { digest, identity: leaf.subject, ...(time.told === undefined ? {} : { signedAt: time.told }) };
}

interface Envelope {
  readonly jws: FlattenedJWSInput;
  readonly header: Readonly<Record<string, unknown>>;
}

function readEnvelope(bytes: Buffer): Envelope {
  const fields = fieldsOf(parsedJson(bytes));
  const [payload, protectedPart, signature] = [fields.payload, fields.protected, fields.signature].map(
    textOf,
  );
  if (!payload || !protectedPart || !signature)
    throw new Refused('SIGNATURE_MALFORMED', 'its envelope is no JWS');
  // The unprotected header holds certificates and who wrote it: nothing of it is believed without proof.
  return { jws: { payload, protected: protectedPart, signature }, header: fieldsOf(fields.header) };
}

async function verifySignature({ jws }: Envelope, [leaf]: readonly Certificate[]) {
  try {
    const key = createPublicKey({
      key: Buffer.from(leaf?.publicKey.rawData ?? new ArrayBuffer(0)),
      format: 'der',
      type: 'spki',
    });
    const { payload, protectedHeader } = await flattenedVerify(jws, key, {
      algorithms: ALGORITHMS,
      crit: CRITICAL,
    });
    if (protectedHeader?.cty !== PAYLOAD)
      throw new Error(`its content is \`${String(protectedHeader?.cty)}\``);
    return { payload, protectedHeader: fieldsOf(protectedHeader) };
  } catch (problem) {
    throw new Refused('SIGNATURE_INVALID', `it does not fit what was signed: ${messageOf(problem)}`);
  }
}

/** When it was signed: as told, and where a signing authority (trusted by its certificate) vouches for it, as proved. */
function signingTime(header: Readonly<Record<string, unknown>>, now: Date): { told?: Date; trusted?: Date } {
  const scheme = textOf(header[SCHEME]);
  const expiry = timeOf(header[EXPIRY]);
  if (expiry !== undefined && expiry < now) {
    throw new Refused('SIGNATURE_EXPIRED', `it was good until ${expiry.toISOString()}`);
  }
  if (scheme === 'notary.x509.signingAuthority') {
    const time = timeOf(header[AUTHENTIC_TIME]);
    return time === undefined ? {} : { told: time, trusted: time };
  }
  if (scheme !== 'notary.x509') {
    throw new Refused('SIGNATURE_FORM_UNSUPPORTED', `its signing scheme \`${scheme}\` is not known`);
  }
  const told = timeOf(header[SIGNING_TIME]);
  return told === undefined ? {} : { told };
}

function timeOf(value: unknown): Date | undefined {
  const text = textOf(value);
  if (text === '') return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new Refused('SIGNATURE_MALFORMED', `\`${text.slice(0, 60)}\` is no time`);
  return time;
}
