import { webcrypto } from 'node:crypto';
import { cryptoProvider, Pkcs10CertificateRequestGenerator } from './x509.js';

// Of the same shape as the browser's, which the library is written for.
cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HEADS = /-----[^-]+-----/g;

const toPem = (der: ArrayBuffer): string =>
  `-----BEGIN PRIVATE KEY-----\n${Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;

/** A key that never leaves this machine, PEM. */
export async function newKey(): Promise<string> {
  const { privateKey } = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  return toPem(await webcrypto.subtle.exportKey('pkcs8', privateKey));
}

/** Asks for a certificate for that key: shows the public half, signed by the private one. */
export async function requestFor(keyPem: string): Promise<string> {
  const der = Buffer.from(keyPem.replace(HEADS, ''), 'base64');
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, P256, true, ['sign']);
  const { d: _, key_ops: __, ...publicHalf } = await webcrypto.subtle.exportKey('jwk', privateKey);
  const publicKey = await webcrypto.subtle.importKey('jwk', publicHalf, P256, true, ['verify']);
  const keys = { privateKey, publicKey };
  // What names it is decided by the server; the request has to have something.
  const request = await Pkcs10CertificateRequestGenerator.create({
    ...{ name: 'CN=node', keys, signingAlgorithm: P256 },
  });
  return request.toString('pem');
}
