import { textMatcher } from '@runward/policy/trust';
import type { Bundle } from '@sigstore/bundle';
import {
  PolicyError,
  type SignedEntity,
  toSignedEntity,
  VerificationError,
  Verifier,
} from '@sigstore/verify';
import { messageOf } from '../../error.js';
import type { KeylessMaterial, KeyMaterial } from '../../material/index.js';
import { Refused } from '../refusal.js';

/** Who signed, as it was proved. */
export interface SignedBy {
  readonly identity?: string;
  readonly issuer?: string;
  /** By the log or a timestamp authority, where one says so. */
  readonly signedAt?: Date;
}

/** Checks the signature of a bundle against one signer. @throws Refused */
export function verifySigstore(
  bundle: Bundle,
  artifact: Buffer | undefined,
  material: KeyMaterial | KeylessMaterial,
): SignedBy {
  const entity = entityOf(bundle, artifact);
  return material.kind === 'key' ? byKey(entity, material) : byCertificate(entity, material);
}

function entityOf(bundle: Bundle, artifact: Buffer | undefined): SignedEntity {
  try {
    return toSignedEntity(bundle, artifact);
  } catch (problem) {
    throw new Refused('SIGNATURE_MALFORMED', `it cannot be read: ${messageOf(problem)}`);
  }
}

/** A key alone proves the signature. The log is asked where the signer names one; else what it says is left aside. */
function byKey(entity: SignedEntity, { trust, isLogged }: KeyMaterial): SignedBy {
  const verifier = new Verifier(trust, {
    tlogThreshold: isLogged ? 1 : 0,
    timestampThreshold: 0,
    ctlogThreshold: 0,
  });
  const own: SignedEntity = {
    ...entity,
    key: { $case: 'public-key', hint: '' },
    ...(isLogged ? {} : { tlogEntries: [], timestamps: [] }),
  };
  if (!verifiedByKey(own, trust)) throw new Refused('SIGNATURE_KEY_MISMATCH', 'it is not by this key');
  attempt(() => verifier.verify(own));
  return timeOf(own);
}

const verifiedByKey = ({ signature }: SignedEntity, trust: KeyMaterial['trust']): boolean =>
  signature.verifySignature(trust.publicKey('').publicKey);

function byCertificate(entity: SignedEntity, { trust, signer }: KeylessMaterial): SignedBy {
  if (entity.key.$case !== 'certificate') {
    throw new Refused('SIGNATURE_CERTIFICATE_MISSING', 'it is by a key, not by a certificate');
  }
  if (entity.tlogEntries.length === 0 && trust.tlogs.length > 0) {
    throw new Refused('SIGNATURE_NOT_LOGGED', 'no entry of a transparency log is with it');
  }
  // A trusted root without logs is one of a site that has none; then a timestamp has to say when it was signed.
  const thresholds = {
    tlogThreshold: trust.tlogs.length > 0 ? 1 : 0,
    ctlogThreshold: trust.ctlogs.length > 0 ? 1 : 0,
    timestampThreshold: 1,
  };
  const { identity } = attempt(() => new Verifier(trust, thresholds).verify(entity));
  const who = identity?.subjectAlternativeName ?? '';
  const issuer = identity?.extensions?.issuer ?? '';
  if (!textMatcher(signer.identity)(who)) {
    throw new Refused('SIGNATURE_IDENTITY_MISMATCH', `it is by \`${who}\`, not by \`${signer.identity}\``);
  }
  if (issuer !== signer.issuer) {
    throw new Refused(
      'SIGNATURE_ISSUER_MISMATCH',
      `\`${issuer}\` vouches for \`${who}\`, not \`${signer.issuer}\``,
    );
  }
  return { identity: who, issuer, ...timeOf(entity) };
}

function timeOf({ timestamps }: SignedEntity): { readonly signedAt?: Date } {
  for (const stamp of timestamps) {
    if (stamp.$case === 'timestamp-authority') return { signedAt: stamp.timestamp.signingTime };
    return { signedAt: new Date(Number(stamp.tlogEntry.integratedTime) * 1000) };
  }
  return {};
}

function attempt<T>(verify: () => T): T {
  try {
    return verify();
  } catch (problem) {
    throw refused(problem);
  }
}

/** What the library says, in the codes of this package. */
function refused(problem: unknown): Refused {
  const message = deepest(problem);
  if (problem instanceof PolicyError) return new Refused('SIGNATURE_IDENTITY_MISMATCH', message);
  if (!(problem instanceof VerificationError)) return new Refused('SIGNATURE_MALFORMED', message);
  switch (problem.code) {
    case 'CERTIFICATE_ERROR':
      return /not valid or expired/.test(message)
        ? new Refused('SIGNATURE_CERTIFICATE_EXPIRED', 'its certificate was not valid when it was signed')
        : new Refused('SIGNATURE_CERTIFICATE_UNTRUSTED', `its certificate is not vouched for: ${message}`);
    case 'TIMESTAMP_ERROR':
      return new Refused('SIGNATURE_TIMESTAMP_INVALID', `nothing proves when it was signed: ${message}`);
    case 'PUBLIC_KEY_ERROR':
      return new Refused('SIGNATURE_KEY_MISMATCH', message);
    case 'SIGNATURE_ERROR':
      return new Refused('SIGNATURE_INVALID', 'it does not fit what was signed');
    case 'TLOG_ERROR':
      return new Refused('SIGNATURE_NOT_LOGGED', `it is not in the transparency log: ${message}`);
    case 'NOT_IMPLEMENTED_ERROR':
      return new Refused('SIGNATURE_FORM_UNSUPPORTED', message);
    default:
      return new Refused(
        'SIGNATURE_LOG_UNPROVEN',
        `what the transparency log says does not prove it: ${message}`,
      );
  }
}

/** The library wraps the reason; the innermost says most. */
function deepest(problem: unknown): string {
  let current = problem;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  return messageOf(current);
}
