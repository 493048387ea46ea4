import { createPrivateKey, type KeyObject } from 'node:crypto';
import { FlattenedSign } from 'jose';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509CertificateGenerator,
} from '../signature/notation/x509.js';
import type { TestDescriptor, TestRepository } from './test-image.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

export interface NotationSigner {
  /** PEM of the authority. */
  readonly roots: string;
  readonly chain: readonly string[];
  readonly privateKey: KeyObject;
}

/** An authority and one signer of it, as the Notary Project's specification wants certificates. */
export async function newNotationSigner(
  subject: string,
  { notAfter = new Date(Date.now() + 86_400_000) }: { readonly notAfter?: Date } = {},
): Promise<NotationSigner> {
  const keys = () => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const [authority, own] = [await keys(), await keys()];
  const notBefore = new Date(Date.now() - 2 * 86_400_000);
  const root = await X509CertificateGenerator.createSelfSigned({
    ...{ name: 'CN=authority', keys: authority, notBefore, notAfter: new Date(Date.now() + 86_400_000) },
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  const leaf = await X509CertificateGenerator.create({
    ...{ subject, issuer: root.subject, notBefore, notAfter, publicKey: own.publicKey },
    ...{ signingKey: authority.privateKey, signingAlgorithm: ALGORITHM },
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([CODE_SIGNING]),
    ],
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', own.privateKey));
  return {
    roots: root.toString('pem'),
    chain: [leaf, root].map((each) => Buffer.from(each.rawData).toString('base64')),
    privateKey: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }),
  };
}

/** As `notation sign` stores it. */
export async function signNotation(
  repository: TestRepository,
  image: TestDescriptor,
  { chain, privateKey }: NotationSigner,
  {
    about = image.digest,
    expiry,
    crit = [],
  }: { readonly about?: string; readonly expiry?: Date; readonly crit?: readonly string[] } = {},
): Promise<void> {
  const targetArtifact = { ...image, digest: about };
  const jws = await new FlattenedSign(Buffer.from(JSON.stringify({ targetArtifact })))
    .setProtectedHeader({
      alg: 'ES256',
      cty: 'application/vnd.cncf.notary.payload.v1+json',
      crit: [
        'io.cncf.notary.signingScheme',
        ...(expiry === undefined ? [] : ['io.cncf.notary.expiry']),
        ...crit,
      ],
      'io.cncf.notary.signingScheme': 'notary.x509',
      'io.cncf.notary.signingTime': new Date().toISOString(),
      ...(expiry === undefined ? {} : { 'io.cncf.notary.expiry': expiry.toISOString() }),
      ...Object.fromEntries(crit.map((name) => [name, 'x'])),
    })
    .sign(privateKey, {
      crit: Object.fromEntries(
        ['io.cncf.notary.signingScheme', 'io.cncf.notary.expiry', ...crit].map((name) => [name, true]),
      ),
    });
  const envelope = { ...jws, header: { x5c: chain, 'io.cncf.notary.signingAgent': 'test' } };
  repository.artifact(
    [{ mediaType: 'application/jose+json', bytes: Buffer.from(JSON.stringify(envelope)) }],
    {
      subject: image,
      artifactType: 'application/vnd.cncf.notary.signature',
    },
  );
}
