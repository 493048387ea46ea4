import type { Bundle } from '@sigstore/bundle';
import { type Digest, fieldsOf, hexOf, parsedJson, textOf } from '../../content/index.js';
import type { Proof } from '../candidate.js';
import { Refused } from '../refusal.js';

type SigstoreProof = Extract<Proof, { readonly form: 'sigstore' }>;

/** What a signature says it is about, once it is proved that its signer said it. */
export type Claim =
  | { readonly kind: 'signature'; readonly digest: Digest }
  | { readonly kind: 'statement'; readonly statement: unknown; readonly payloadType: string };

/** @throws Refused */
export function claimOf({ bundle, artifact, format }: SigstoreProof): Claim {
  const { content } = bundle;
  if (content.$case === 'dsseEnvelope') {
    const { payload, payloadType } = content.dsseEnvelope;
    const statement = parsedJson(payload);
    if (statement === undefined) throw new Refused('ATTESTATION_MALFORMED', 'what was signed is no JSON');
    return { kind: 'statement', statement, payloadType };
  }
  if (format === 'bundle') return { kind: 'signature', digest: messageDigest(bundle) };
  const critical = fieldsOf(fieldsOf(parsedJson(artifact ?? Buffer.alloc(0))).critical);
  const type = textOf(critical.type);
  if (type !== 'cosign container image signature' && type !== 'atomic container signature') {
    throw new Refused(
      'SIGNATURE_MALFORMED',
      `what was signed is no image signature but \`${type.slice(0, 100)}\``,
    );
  }
  return { kind: 'signature', digest: textOf(fieldsOf(critical.image)['docker-manifest-digest']) };
}

function messageDigest({ content }: Bundle): Digest {
  if (content.$case !== 'messageSignature') return '';
  return `sha256:${content.messageSignature.messageDigest.digest.toString('hex')}`;
}

/** @throws Refused `SIGNATURE_OF_ANOTHER_IMAGE` */
export function mustBeAbout(found: readonly Digest[], image: Digest): void {
  if (found.includes(image)) return;
  const named = found.length === 0 ? 'no image' : `\`${found.slice(0, 3).join('`, `').slice(0, 300)}\``;
  throw new Refused(
    'SIGNATURE_OF_ANOTHER_IMAGE',
    `it is about ${named}, not \`sha256:${hexOf(image).slice(0, 12)}…\``,
  );
}
