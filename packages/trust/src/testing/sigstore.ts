import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type Bundle, toDSSEBundle } from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from '@sigstore/mock';

export interface Identity {
  readonly subject: string;
  readonly issuer: string;
}

interface LogEntry {
  readonly body: string;
  readonly time: number;
  readonly index: number;
  readonly logId: string;
  readonly promise: string;
}

interface RekorEntry {
  readonly body: string;
  readonly integratedTime: number;
  readonly logIndex: number;
  readonly logID: string;
  readonly verification: {
    readonly signedEntryTimestamp: string;
    readonly inclusionProof: {
      readonly logIndex: number;
      readonly treeSize: number;
      readonly rootHash: string;
      readonly checkpoint: string;
    };
  };
}

const ISSUER_OID = '1.3.6.1.4.1.57264.1.8';

/** A certificate authority, a certificate log and a transparency log of one's own, with real keys. */
export class TestSigstore {
  private constructor(
    private readonly ca: Awaited<ReturnType<typeof initializeCA>>,
    private readonly log: Awaited<ReturnType<typeof initializeTLog>>,
    /** The trusted root, as JSON. */
    readonly trustedRoot: string,
  ) {}

  /** With `loggedAt`, the log's clock stands still there; certificates are given out now. */
  static async create({ loggedAt }: { readonly loggedAt?: Date } = {}): Promise<TestSigstore> {
    const keys = { ca: ecKeys('P-384'), ct: ecKeys('P-256'), log: ecKeys('P-256'), tsa: ecKeys('P-256') };
    const ctLog = await initializeCTLog(keys.ct);
    const ca = await initializeCA(keys.ca, ctLog);
    const log = await initializeTLog('https://rekor.test', keys.log, loggedAt);
    const tsa = await initializeTSA(keys.tsa);
    const base64 = (bytes: ArrayBufferView): string =>
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    const start = new Date(0).toISOString();
    const logOf = (publicKey: KeyObject) => {
      const der = publicKey.export({ format: 'der', type: 'spki' });
      return {
        baseUrl: 'https://rekor.test',
        hashAlgorithm: 'SHA2_256',
        publicKey: {
          rawBytes: der.toString('base64'),
          keyDetails: 'PKIX_ECDSA_P256_SHA_256',
          validFor: { start },
        },
        logId: { keyId: createHash('sha256').update(der).digest('base64') },
      };
    };
    const root = {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [logOf(keys.log.publicKey)],
      ctlogs: [logOf(keys.ct.publicKey)],
      certificateAuthorities: [
        {
          subject: { organization: 'test', commonName: 'test' },
          uri: 'https://ca.test',
          certChain: { certificates: [{ rawBytes: base64(ca.rootCertificate) }] },
          validFor: { start },
        },
      ],
      timestampAuthorities: [
        {
          subject: { organization: 'test', commonName: 'tsa' },
          uri: 'https://tsa.test',
          certChain: {
            certificates: [
              { rawBytes: base64(tsa.intCertificate) },
              { rawBytes: base64(tsa.rootCertificate) },
            ],
          },
          validFor: { start },
        },
      ],
    };
    return new TestSigstore(ca, log, JSON.stringify(root));
  }

  /** Signs with a key nobody keeps, whose certificate names the identity, and puts it into the log. */
  async sign(
    artifact: Buffer,
    identity: Identity,
  ): Promise<{ readonly signature: Buffer; readonly certificate: Buffer; readonly entry: LogEntry }> {
    const { privateKey, certificate } = await this.certify(identity);
    const signature = sign('sha256', artifact, privateKey);
    const entry = await this.record({
      apiVersion: '0.0.1',
      kind: 'hashedrekord',
      spec: {
        signature: {
          content: signature.toString('base64'),
          publicKey: { content: certificate.toString('base64') },
        },
        data: { hash: { algorithm: 'sha256', value: createHash('sha256').update(artifact).digest('hex') } },
      },
    });
    return { signature, certificate, entry };
  }

  async dsseBundle(payload: Buffer, payloadType: string, identity: Identity): Promise<Bundle> {
    const { privateKey, certificate } = await this.certify(identity);
    const signature = sign('sha256', dsse.preAuthEncoding(payloadType, payload), privateKey);
    const digest = (bytes: Buffer | string) => ({
      algorithm: 'sha256',
      value: createHash('sha256').update(bytes).digest('hex'),
    });
    const entry = await this.record({
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: {
        envelopeHash: digest(payload),
        payloadHash: digest(payload),
        signatures: [{ signature: signature.toString('base64'), verifier: certificate.toString('base64') }],
      },
    });
    const bundle = toDSSEBundle({
      artifact: payload,
      artifactType: payloadType,
      signature,
      certificate: Buffer.from(certificate),
    });
    bundle.verificationMaterial.tlogEntries.push({
      logIndex: String(entry.index),
      logId: { keyId: Buffer.from(entry.logId, 'hex') },
      kindVersion: { kind: 'dsse', version: '0.0.1' },
      integratedTime: String(entry.time),
      inclusionPromise: { signedEntryTimestamp: Buffer.from(entry.promise, 'base64') },
      inclusionProof: entry.proof,
      canonicalizedBody: Buffer.from(entry.body, 'base64'),
    });
    return bundle;
  }

  private async certify({ subject, issuer }: Identity) {
    const { privateKey, publicKey } = ecKeys('P-256');
    const certificate = await this.ca.issueCertificate({
      publicKey: publicKey.export({ format: 'der', type: 'spki' }),
      subjectAltName: subject,
      extensions: [{ oid: ISSUER_OID, value: issuer }],
    });
    return {
      privateKey,
      certificate: Buffer.from(certificate.buffer, certificate.byteOffset, certificate.byteLength),
    };
  }

  private async record(proposed: object) {
    // The package of these types is not installed with the mock.
    const [entry] = Object.values((await this.log.log(proposed)) as Readonly<Record<string, RekorEntry>>);
    if (entry === undefined) throw new Error('the log gave no proof');
    const { inclusionProof: proof, signedEntryTimestamp } = entry.verification;
    return {
      body: entry.body,
      time: entry.integratedTime,
      index: entry.logIndex,
      logId: entry.logID,
      promise: signedEntryTimestamp,
      proof: {
        logIndex: String(proof.logIndex),
        treeSize: String(proof.treeSize),
        rootHash: Buffer.from(proof.rootHash, 'hex'),
        hashes: [],
        checkpoint: { envelope: proof.checkpoint },
      },
    };
  }
}

const ecKeys = (namedCurve: 'P-256' | 'P-384') => generateKeyPairSync('ec', { namedCurve });
