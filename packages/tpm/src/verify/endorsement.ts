import { X509Certificate } from 'node:crypto';
import { messageOf } from '../error.js';
import type { PublicArea } from '../structures/public-area.js';
import { keyObjectOf } from './key-object.js';

/** tcg-kp-EKCertificate (TCG EK Credential Profile, 3.2.16). */
const EK_USAGE = '2.23.133.8.1';
const MOST_LINKS = 6;

/** How far an endorsement key is known to be of a real TPM. */
export type EndorsementProof =
  | { readonly kind: 'certified'; readonly issuer: string }
  /** There is no certificate, or no root to hold it to: the key is remembered as it was met. */
  | { readonly kind: 'pinned'; readonly why: string };

/**
 * Whether the endorsement key is one that a maker of TPMs vouches for. Roots and intermediates are all of `anchors`, and a
 * chain ends at one that signed itself.
 *
 * Resolves to why not, as text, where the certificate is there and wrong.
 */
export function checkEndorsement(
  key: PublicArea,
  certificate: Uint8Array | undefined,
  anchors: readonly X509Certificate[],
  nowMs: number,
): EndorsementProof | string {
  if (certificate === undefined) return { kind: 'pinned', why: 'the TPM has no certificate' };
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(certificate);
    const [own, shown] = [keyObjectOf(key), leaf.publicKey].map((each) =>
      each.export({ type: 'spki', format: 'der' }),
    );
    if (own === undefined || shown === undefined || !own.equals(shown))
      return 'the certificate is of another endorsement key';
  } catch (error) {
    return `the certificate of the endorsement key cannot be read: ${messageOf(error)}`;
  }
  if (anchors.length === 0)
    return { kind: 'pinned', why: 'the server has no roots to hold its certificate to' };
  const usage: readonly string[] = leaf.keyUsage ?? [];
  if (leaf.ca) return 'the certificate is of an authority, not of an endorsement key';
  if (usage.length > 0 && !usage.includes(EK_USAGE)) return 'the certificate is not for an endorsement key';
  return chainFrom(leaf, anchors, nowMs);
}

function chainFrom(
  leaf: X509Certificate,
  anchors: readonly X509Certificate[],
  nowMs: number,
): EndorsementProof | string {
  let at = leaf;
  for (let link = 0; link < MOST_LINKS; link += 1) {
    if (!isCurrent(at, nowMs))
      return `the certificate \`${oneLine(at.subject)}\` does not hold now: from ${at.validFrom} to ${at.validTo}`;
    const issuer = anchors.find(
      (anchor) => anchor.ca && at.checkIssued(anchor) && at.verify(anchor.publicKey),
    );
    if (issuer === undefined)
      return `none of the server’s roots signed \`${oneLine(at.subject) || 'the certificate'}\`, issued by \`${oneLine(at.issuer)}\``;
    const isRoot = issuer.checkIssued(issuer) && issuer.verify(issuer.publicKey);
    if (isRoot && !isCurrent(issuer, nowMs))
      return `the root \`${oneLine(issuer.subject)}\` does not hold now`;
    if (isRoot) return { kind: 'certified', issuer: oneLine(issuer.subject) };
    at = issuer;
  }
  return 'the chain of certificates has no end';
}

const isCurrent = ({ validFrom, validTo }: X509Certificate, nowMs: number): boolean =>
  Date.parse(validFrom) <= nowMs && nowMs <= Date.parse(validTo);

const oneLine = (name: string | undefined): string => (name ?? '').replaceAll('\n', ', ');
