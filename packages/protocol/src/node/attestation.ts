import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { type AttestationMessage, attestationSchema } from '../attest.js';
import { ProtocolError } from '../error.js';
import { LIMITS } from '../limits.js';
import { parseMessage } from './message.js';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

const statement = (purpose: string, ...parts: readonly Uint8Array[]): Buffer => {
  const digest = createHash('sha256').update(`${purpose}\n`);
  for (const part of parts) digest.update(part);
  return digest.digest();
};

/** What a TPM signs when its node enrols: the secret of the credential, and the digest of the key the node will be known by. */
export const enrolStatement = (secret: Uint8Array, keyDigest: string): Buffer =>
  statement('runward-enrol-1', secret, Buffer.from(keyDigest, 'hex'));

/**
 * What it signs afterwards: the server's nonce, and what both ends of this one TLS connection share and nobody else has
 * (RFC 9266). So a quote is worth nothing on another connection, whoever has the node's key.
 */
export const quoteStatement = (nonce: Uint8Array, exporter: Uint8Array): Buffer =>
  statement('runward-quote-1', nonce, exporter);

export const CHANNEL_BINDING = { label: 'EXPORTER-Channel-Binding', bytes: 32 } as const;

/** @throws ProtocolError PROTOCOL_TOO_LARGE, when it is more than a server takes */
export async function packAttestation(message: AttestationMessage): Promise<Buffer> {
  const text = JSON.stringify(message);
  const packed =
    text.length > LIMITS.attestationUnpackedBytes ? undefined : await compress(Buffer.from(text));
  if (packed !== undefined && packed.length <= LIMITS.attestationBytes) return packed;
  throw new ProtocolError('PROTOCOL_TOO_LARGE', `the measured logs are larger than a server takes at once`, {
    help: 'IMA measured more since the last quote than fits: narrow its policy, or have the server ask more often',
  });
}

/** @throws ProtocolError PROTOCOL_TOO_LARGE, PROTOCOL_MALFORMED */
export async function unpackAttestation(body: Buffer): Promise<AttestationMessage> {
  return parseMessage(attestationSchema, await textOf(body), 'an attestation');
}

async function textOf(body: Buffer): Promise<string> {
  const maxOutputLength = LIMITS.attestationUnpackedBytes;
  try {
    return (await decompress(body, { maxOutputLength })).toString('utf8');
  } catch (cause) {
    if (cause instanceof RangeError && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE')
      throw new ProtocolError(
        'PROTOCOL_TOO_LARGE',
        `the attestation unpacks to more than ${maxOutputLength} bytes`,
      );
    throw new ProtocolError('PROTOCOL_MALFORMED', 'the attestation is not compressed with zstd', { cause });
  }
}
