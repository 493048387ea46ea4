import { isOfType, readStatement, type Statement } from '../attestation/index.js';
import type { Digest } from '../content/index.js';
import type { SignerMaterial } from '../material/index.js';
import {
  type Candidate,
  claimOf,
  mustBeAbout,
  Refused,
  SIGNED_BY_COSIGN,
  type SignedBy,
  verifyNotation,
  verifySigstore,
} from '../signature/index.js';
import type { Accepted, RefusedCandidate } from './verdict.js';

/** One candidate that one signer proved to have made. */
export interface Proved {
  readonly accepted: Accepted;
  /** undefined for a plain signature. */
  readonly statement: Statement | undefined;
}

export interface Proofs {
  readonly proved: readonly Proved[];
  readonly refused: readonly RefusedCandidate[];
}

/** Tries every candidate with every signer; each attempt either proves something or says why not. */
export async function proveAll(
  candidates: readonly Candidate[],
  signers: readonly SignerMaterial[],
  now: Date,
): Promise<Proofs> {
  const proved: Proved[] = [];
  const refused: RefusedCandidate[] = [];
  for (const candidate of candidates) {
    for (const signer of signers) {
      try {
        proved.push(await prove(candidate, signer, now));
      } catch (problem) {
        if (!(problem instanceof Refused)) throw problem;
        refused.push({ place: candidate.place, signer: signer.signer.name, ...problem.refusal });
      }
    }
  }
  return { proved, refused };
}

async function prove(
  { place, subject, proof }: Candidate,
  material: SignerMaterial,
  now: Date,
): Promise<Proved> {
  const { kind, signer } = material;
  const accepted = ({ identity, issuer, signedAt }: SignedBy): Accepted => ({
    ...{ signer: signer.name, kind, place, subject },
    ...(identity === undefined ? {} : { identity }),
    ...(issuer === undefined ? {} : { issuer }),
    ...(signedAt === undefined ? {} : { signedAt: signedAt.toISOString() }),
  });
  if (proof.form === 'unreadable') throw new Refused('SIGNATURE_MALFORMED', proof.problem);
  if (proof.form === 'notation') {
    if (material.kind !== 'notation') throw notByThis('of the Notary Project', kind);
    const { digest, ...by } = await verifyNotation(proof.envelope, proof.mediaType, material, now);
    mustBeAbout([digest], subject);
    return { accepted: accepted(by), statement: undefined };
  }
  if (material.kind === 'notation') throw notByThis('of cosign', kind);
  const by = verifySigstore(proof.bundle, proof.artifact, material);
  const claim = claimOf(proof);
  if (claim.kind === 'signature') {
    mustBeAbout([claim.digest], subject);
    return { accepted: accepted(by), statement: undefined };
  }
  const statement = readStatement(claim.statement, claim.payloadType);
  mustBeAbout(statement.subjects, subject);
  const isSignature = isOfType(statement.predicateType, SIGNED_BY_COSIGN);
  return { accepted: accepted(by), statement: isSignature ? undefined : statement };
}

const notByThis = (form: string, kind: string): Refused =>
  new Refused('SIGNATURE_FORM_UNSUPPORTED', `it is ${form}, and the signer is of kind \`${kind}\``);

/** How near a refusal is to what was wanted: the nearest is told first, since it most likely is what went wrong. */
const NEARNESS: readonly RefusedCandidate['code'][] = [
  'SIGNATURE_FORM_UNSUPPORTED',
  'SIGNATURE_MALFORMED',
  'SIGNATURE_CERTIFICATE_MISSING',
  'SIGNATURE_KEY_MISMATCH',
  'SIGNATURE_CERTIFICATE_UNTRUSTED',
  'SIGNATURE_NOT_LOGGED',
  'SIGNATURE_LOG_UNPROVEN',
  'SIGNATURE_TIMESTAMP_INVALID',
  'SIGNATURE_INVALID',
  'SIGNATURE_CERTIFICATE_EXPIRED',
  'SIGNATURE_EXPIRED',
  'SIGNATURE_IDENTITY_MISMATCH',
  'SIGNATURE_ISSUER_MISMATCH',
  'SIGNATURE_OF_ANOTHER_IMAGE',
  'ATTESTATION_MALFORMED',
];

export const nearest = (refused: readonly RefusedCandidate[]): RefusedCandidate | undefined =>
  refused.toSorted((a, b) => NEARNESS.indexOf(b.code) - NEARNESS.indexOf(a.code))[0];

export const aboutImage = (proofs: readonly Proved[], digests: readonly Digest[]): readonly Proved[] =>
  proofs.filter(({ accepted }) => digests.includes(accepted.subject));
