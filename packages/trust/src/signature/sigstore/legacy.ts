import { createHash } from 'node:crypto';
import { type Bundle, toDSSEBundle, toMessageSignatureBundle } from '@sigstore/bundle';
import { pem } from '@sigstore/core';
import { type Fields, fieldsOf, listOf, parsedJson, textOf } from '../../content/index.js';
import type { Proof } from '../candidate.js';

/**
 * What cosign stored before there were bundles: the signature, the certificate and the log's promise as annotations
 * beside what was signed (cosign, specs/SIGNATURE_SPEC.md). Brought into the form of bundles, so that one library checks
 * both.
 */
type Annotations = ReadonlyMap<string, string>;
type LogEntry = Bundle['verificationMaterial']['tlogEntries'][number];
type Timestamp = NonNullable<
  Bundle['verificationMaterial']['timestampVerificationData']
>['rfc3161Timestamps'][number];

/** @throws Error saying what is wrong with it */
export function simpleSigningProof(payload: Buffer, annotations: Annotations): Proof {
  const signature = base64(annotations.get('dev.cosignproject.cosign/signature') ?? '', 'the signature');
  const bundle = toMessageSignatureBundle({
    digest: createHash('sha256').update(payload).digest(),
    signature,
    ...keyOf(annotations),
  });
  return {
    form: 'sigstore',
    format: 'simple-signing',
    bundle: withMaterial(bundle, annotations),
    artifact: payload,
  };
}

/** @throws Error saying what is wrong with it */
export function dsseProof(bytes: Buffer, annotations: Annotations): Proof {
  const envelope = fieldsOf(parsedJson(bytes));
  const signatures = listOf(envelope.signatures);
  if (signatures.length !== 1)
    throw new Error(`the envelope has ${signatures.length} signatures; one is expected`);
  const bundle = toDSSEBundle({
    artifact: base64(textOf(envelope.payload), 'the payload'),
    artifactType: textOf(envelope.payloadType),
    signature: base64(textOf(fieldsOf(signatures[0]).sig), 'the signature'),
    ...keyOf(annotations),
  });
  return { form: 'sigstore', format: 'dsse', bundle: withMaterial(bundle, annotations) };
}

function keyOf(annotations: Annotations): { readonly certificate?: Buffer; readonly keyHint?: string } {
  const certificate = annotations.get('dev.sigstore.cosign/certificate') ?? '';
  // The intermediate certificates beside it are not read: those that count are in the trusted root.
  return certificate === '' ? { keyHint: '' } : { certificate: pem.toDER(certificate) };
}

function withMaterial(bundle: Bundle, annotations: Annotations): Bundle {
  const log = annotations.get('dev.sigstore.cosign/bundle') ?? '';
  const stamp = annotations.get('dev.sigstore.cosign/rfc3161timestamp') ?? '';
  return {
    ...bundle,
    verificationMaterial: {
      ...bundle.verificationMaterial,
      tlogEntries: log === '' ? [] : [logEntry(fieldsOf(parsedJson(log)))],
      timestampVerificationData: {
        rfc3161Timestamps: stamp === '' ? [] : [timestamp(fieldsOf(parsedJson(stamp)))],
      },
    },
  };
}

function logEntry({ SignedEntryTimestamp, Payload }: Fields): LogEntry {
  const { body, integratedTime, logIndex, logID } = fieldsOf(Payload);
  const canonicalizedBody = base64(textOf(body), 'the log entry');
  const { kind, apiVersion } = fieldsOf(parsedJson(canonicalizedBody));
  return {
    logIndex: wholeText(logIndex),
    logId: { keyId: Buffer.from(textOf(logID), 'hex') },
    kindVersion: { kind: textOf(kind), version: textOf(apiVersion) },
    integratedTime: wholeText(integratedTime),
    inclusionPromise: { signedEntryTimestamp: base64(textOf(SignedEntryTimestamp), "the log's promise") },
    inclusionProof: undefined,
    canonicalizedBody,
  };
}

const timestamp = ({ SignedRFC3161Timestamp }: Fields): Timestamp => ({
  signedTimestamp: base64(textOf(SignedRFC3161Timestamp), 'the timestamp'),
});

function wholeText(value: unknown): string {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return String(value);
  throw new Error('the log entry has a number that is none');
}

function base64(text: string, what: string): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0) throw new Error(`${what} is missing or no base64`);
  return bytes;
}
