import { X509Certificate as Certificate, createHash, randomBytes, webcrypto } from 'node:crypto';
import { ServerError } from '../error.js';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  type PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from './x509.js';

// Of the same shape as the browser's, which the library is written for.
cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** Certificates hold since a day ago: the clock of whoever checks them may be behind. */
const BEFORE_MS = DAY_MS;
const AUTHORITY_MS = 3650 * DAY_MS;

export type KeyPair = Awaited<ReturnType<typeof newKeys>>;

export const newKeys = () => webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);

export async function keyToPem(keys: KeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}

async function signingKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
  return webcrypto.subtle.importKey('pkcs8', der, P256, false, ['sign']);
}

/** 127 random bits, positive (RFC 5280, 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString('hex');
}

export async function makeAuthority(keys: KeyPair, now: number): Promise<string> {
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=Runward ${randomBytes(4).toString('hex')}`,
    notBefore: new Date(now - BEFORE_MS),
    notAfter: new Date(now + AUTHORITY_MS),
    keys,
    signingAlgorithm: P256,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return certificate.toString('pem');
}

export interface CertificateOrder {
  readonly commonName: string;
  readonly publicKey: PublicKey | webcrypto.CryptoKey;
  /** A server may not pass for a node, nor a node for a server. */
  readonly use: 'server' | 'node';
  /** Of a server: what it may be reached by. */
  readonly names?: readonly { readonly type: 'dns' | 'ip'; readonly value: string }[];
  readonly now: number;
  readonly validMs: number;
}

export async function issue(
  order: CertificateOrder,
  authorityPem: string,
  authorityKeyPem: string,
): Promise<string> {
  const authority = new X509Certificate(authorityPem);
  const { commonName, publicKey, use, names = [], now, validMs } = order;
  const usage = use === 'server' ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth;
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([usage], true),
    await AuthorityKeyIdentifierExtension.create(authority.publicKey),
  ];
  if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension([...names]));
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${commonName}`,
    issuer: authority.subject,
    notBefore: new Date(now - BEFORE_MS),
    notAfter: new Date(now + validMs),
    publicKey,
    signingKey: await signingKey(authorityKeyPem),
    signingAlgorithm: P256,
    extensions,
  });
  return certificate.toString('pem');
}

/**
 * The key a request is for, if whoever made it has it. Nothing else of the request counts: names are the server's to give.
 *
 * @throws ServerError SERVER_REQUEST_INVALID
 */
export async function keyOfRequest(pem: string): Promise<PublicKey> {
  const invalid = (why: string, cause?: unknown): ServerError =>
    new ServerError('SERVER_REQUEST_INVALID', `the certificate request ${why}`, { cause });
  let request: Pkcs10CertificateRequest;
  try {
    request = new Pkcs10CertificateRequest(pem);
    if (!(await request.verify())) throw invalid('is not signed by its own key');
  } catch (error) {
    throw error instanceof ServerError ? error : invalid('cannot be read', error);
  }
  const { name, namedCurve } = request.publicKey.algorithm as { name: string; namedCurve?: string }; // an EC key has a curve // biome-ignore format: one line
  if (name !== 'ECDSA' || namedCurve !== 'P-256') throw invalid('has a key other than P-256');
  return request.publicKey;
}

const sha256 = (bytes: ArrayBuffer | Buffer): string =>
  createHash('sha256').update(new Uint8Array(bytes)).digest('hex');

/** Of a key, so that it is known again whatever is written around it. */
export const keyDigest = (key: PublicKey): string => sha256(key.rawData);

export const fingerprint = (pem: string): string => sha256(new Certificate(pem).raw);
