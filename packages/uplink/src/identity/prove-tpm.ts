import { createHash, createPublicKey } from 'node:crypto';
import type { TpmChallenge, TpmKeys, TpmProof } from '@runward/protocol';
import { enrolStatement } from '@runward/protocol/node';
import type { NodeTpm } from '@runward/tpm/node';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** What is shown of a TPM when its node enrols. @throws TpmError */
export async function keysOf(tpm: NodeTpm): Promise<TpmKeys> {
  const { endorsement, certificate, attestation } = await tpm.identity();
  return {
    endorsement: base64(endorsement),
    certificate: certificate === undefined ? null : base64(certificate),
    attestation: base64(attestation),
  };
}

/** Opens the credential, and has the attestation key vouch for the node's key with what was in it. @throws TpmError */
export async function proveTpm(tpm: NodeTpm, { challenge }: TpmChallenge, keyPem: string): Promise<TpmProof> {
  const [blob, sealed] = [challenge.blob, challenge.secret].map((each) => Buffer.from(each, 'base64')) as [
    Buffer,
    Buffer,
  ]; // two
  const secret = await tpm.activate({ blob, secret: sealed });
  const publicKey = createPublicKey(keyPem).export({ type: 'spki', format: 'der' });
  const digest = createHash('sha256').update(publicKey).digest('hex');
  const { attest, signature } = await tpm.quote(enrolStatement(secret, digest));
  return { challenge: challenge.id, attest: base64(attest), signature: base64(signature) };
}
