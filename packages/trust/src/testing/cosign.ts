import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { bundleToJSON, toDSSEBundle, toMessageSignatureBundle } from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import type { Identity, TestSigstore } from './sigstore.js';
import type { TestDescriptor, TestRepository } from './test-image.js';

export interface KeyPair {
  readonly privateKey: KeyObject;
  /** PEM */
  readonly publicKey: string;
}

export function newKey(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { privateKey: createPrivateKey(privateKey), publicKey };
}

const tagOf = (digest: string, ending: string): string => `${digest.replace(':', '-')}.${ending}`;

export interface SignOptions {
  /** Says it is about this image, and hangs on the other: what a replayed signature looks like. */
  readonly about?: string;
  readonly place?: 'tag' | 'referrer';
}

/** As `cosign sign --key` stores it without bundles. */
export function signWithKey(
  repository: TestRepository,
  image: TestDescriptor,
  key: KeyPair,
  { about = image.digest, place = 'tag' }: SignOptions = {},
): void {
  const bytes = simpleSigning(about);
  const annotations = {
    'dev.cosignproject.cosign/signature': sign('sha256', bytes, key.privateKey).toString('base64'),
  };
  const layer = { mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json', bytes, annotations };
  repository.artifact(
    [layer],
    place === 'tag'
      ? { tag: tagOf(image.digest, 'sig') }
      : { subject: image, artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json' },
  );
}

/** As `cosign sign` stores it without bundles: certificate and the log's promise beside it. */
export async function signKeyless(
  repository: TestRepository,
  image: TestDescriptor,
  sigstore: TestSigstore,
  identity: Identity,
  { about = image.digest }: SignOptions = {},
): Promise<void> {
  const bytes = simpleSigning(about);
  const { signature, certificate, entry } = await sigstore.sign(bytes, identity);
  const annotations = {
    'dev.cosignproject.cosign/signature': signature.toString('base64'),
    'dev.sigstore.cosign/certificate': pemOf(certificate),
    'dev.sigstore.cosign/bundle': JSON.stringify({
      SignedEntryTimestamp: entry.promise,
      Payload: { body: entry.body, integratedTime: entry.time, logIndex: entry.index, logID: entry.logId },
    }),
  };
  const layer = { mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json', bytes, annotations };
  repository.artifact([layer], { tag: tagOf(image.digest, 'sig') });
}

const simpleSigning = (digest: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': 'registry.test/app' },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  );

const pemOf = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

export interface StatementOptions extends SignOptions {
  readonly predicateType: string;
  readonly predicate: unknown;
}

const statement = (
  image: TestDescriptor,
  { about = image.digest, predicateType, predicate }: StatementOptions,
): Buffer =>
  Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'registry.test/app', digest: { sha256: about.slice('sha256:'.length) } }],
      predicateType,
      predicate,
    }),
  );

const IN_TOTO = 'application/vnd.in-toto+json';

/** As `cosign attest --key` stores it without bundles. */
export function attestWithKey(
  repository: TestRepository,
  image: TestDescriptor,
  key: KeyPair,
  options: StatementOptions,
): void {
  const payload = statement(image, options);
  const signature = sign('sha256', dsse.preAuthEncoding(IN_TOTO, payload), key.privateKey);
  const envelope = {
    payloadType: IN_TOTO,
    payload: payload.toString('base64'),
    signatures: [{ keyid: '', sig: signature.toString('base64') }],
  };
  const layer = {
    mediaType: 'application/vnd.dsse.envelope.v1+json',
    bytes: Buffer.from(JSON.stringify(envelope)),
  };
  repository.artifact([layer], { tag: tagOf(image.digest, 'att') });
}

/** As cosign 3 stores signatures and attestations: a bundle that hangs on the image. */
export async function bundleFor(
  repository: TestRepository,
  image: TestDescriptor,
  by: KeyPair | { readonly sigstore: TestSigstore; readonly identity: Identity },
  options: StatementOptions = { predicateType: 'https://sigstore.dev/cosign/sign/v1', predicate: {} },
): Promise<void> {
  const payload = statement(image, options);
  const bundle =
    'sigstore' in by
      ? await by.sigstore.dsseBundle(payload, IN_TOTO, by.identity)
      : toDSSEBundle({
          artifact: payload,
          artifactType: IN_TOTO,
          signature: sign('sha256', dsse.preAuthEncoding(IN_TOTO, payload), by.privateKey),
          keyHint: 'a key',
        });
  repository.artifact([{ mediaType: BUNDLE, bytes: Buffer.from(JSON.stringify(bundleToJSON(bundle))) }], {
    subject: image,
    artifactType: BUNDLE,
  });
}

/** A bundle over the manifest itself. */
export function messageBundle(repository: TestRepository, image: TestDescriptor, key: KeyPair): void {
  const manifest = repository.blobs.get(image.digest) ?? Buffer.alloc(0);
  const bundle = toMessageSignatureBundle({
    digest: createHash('sha256').update(manifest).digest(),
    signature: sign('sha256', manifest, key.privateKey),
    keyHint: 'a key',
  });
  repository.artifact([{ mediaType: BUNDLE, bytes: Buffer.from(JSON.stringify(bundleToJSON(bundle))) }], {
    subject: image,
    artifactType: BUNDLE,
  });
}
