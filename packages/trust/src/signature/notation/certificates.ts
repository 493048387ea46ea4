import { Refused } from '../refusal.js';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  X509Certificate,
  X509ChainBuilder,
} from './x509.js';

export type Certificate = X509Certificate;

/** Nobody chains more. */
const MAX_CHAIN = 10;

/** Certificates of a PEM text. @throws Error saying what is wrong with it */
export function readCertificates(text: string): readonly Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error('has no certificates in its file: PEM is expected');
  return blocks.map((block) => new X509Certificate(PemConverter.decode(block)[0] ?? new ArrayBuffer(0)));
}

/** The certificates of an envelope, base64 as JWS has them, the signer's first. @throws Refused */
export function readChain(x5c: readonly unknown[]): readonly Certificate[] {
  if (x5c.length === 0) throw new Refused('SIGNATURE_CERTIFICATE_MISSING', 'it has no certificate');
  if (x5c.length > MAX_CHAIN) throw new Refused('SIGNATURE_MALFORMED', `it has ${x5c.length} certificates`);
  try {
    return x5c.map((each) => new X509Certificate(Buffer.from(String(each), 'base64')));
  } catch {
    throw new Refused('SIGNATURE_MALFORMED', 'it has a certificate that cannot be read');
  }
}

/**
 * That the chain ends in a root, each certificate was given out by the next, and all were valid at that time; the
 * signatures are checked by the library (Notary Project, signature-specification.md, certificate requirements).
 *
 * @throws Refused
 */
export async function verifyChain(
  chain: readonly Certificate[],
  roots: readonly Certificate[],
  time: Date,
): Promise<void> {
  const [leaf] = chain;
  if (leaf === undefined) throw new Refused('SIGNATURE_CERTIFICATE_MISSING', 'it has no certificate');
  const untrusted = (why: string): Refused =>
    new Refused('SIGNATURE_CERTIFICATE_UNTRUSTED', `its certificate ${why}`);
  const isRoot = (each: Certificate): boolean => roots.some((root) => root.equal(each));
  const path = await pathFrom(leaf, [...chain.slice(1), ...roots]);
  const end = path.findIndex(isRoot);
  if (end === -1) throw untrusted(`(\`${leaf.subject}\`) is not vouched for by the roots of this signer`);
  const trusted = path.slice(0, end + 1);
  for (const [depth, certificate] of trusted.slice(1).entries()) {
    const constraints = certificate.getExtension(BasicConstraintsExtension);
    if (constraints?.ca !== true)
      throw untrusted(`is given out by \`${certificate.subject}\`, which is no authority`);
    if (constraints.pathLength !== undefined && constraints.pathLength < depth) {
      throw untrusted(`is further from \`${certificate.subject}\` than that allows`);
    }
  }
  mustSignCode(leaf, trusted.length > 1);
  const stale = trusted.find(({ notBefore, notAfter }) => notBefore > time || notAfter < time);
  if (stale !== undefined) {
    throw new Refused(
      'SIGNATURE_CERTIFICATE_EXPIRED',
      `certificate \`${stale.subject}\` is valid from ${stale.notBefore.toISOString()} to ${stale.notAfter.toISOString()}`,
    );
  }
}

async function pathFrom(leaf: Certificate, others: readonly Certificate[]): Promise<readonly Certificate[]> {
  try {
    return [...(await new X509ChainBuilder({ certificates: [...others] }).build(leaf))];
  } catch (problem) {
    const why = problem instanceof Error ? problem.message : String(problem);
    throw new Refused('SIGNATURE_CERTIFICATE_UNTRUSTED', `its certificates cannot be followed: ${why}`);
  }
}

function mustSignCode(leaf: Certificate, isGivenOut: boolean): void {
  const usage = leaf.getExtension(KeyUsagesExtension);
  const extended = leaf.getExtension(ExtendedKeyUsageExtension)?.usages ?? [];
  const isAuthority = leaf.getExtension(BasicConstraintsExtension)?.ca === true && isGivenOut;
  const signs = usage === null || (usage.usages & KeyUsageFlags.digitalSignature) !== 0;
  if (signs && !isAuthority && (extended.length === 0 || extended.includes(ExtendedKeyUsage.codeSigning)))
    return;
  throw new Refused(
    'SIGNATURE_CERTIFICATE_UNTRUSTED',
    `certificate \`${leaf.subject}\` is not for signing code`,
  );
}

/** Whether the subject has all the attributes, by the short names people use (CN, O, OU, …). */
export const hasSubject = (certificate: Certificate, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([name, value]) => certificate.subjectName.getField(name).includes(value));
