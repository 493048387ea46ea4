import {
  type Content,
  type Descriptor,
  type Digest,
  LIMITS,
  type Manifest,
  readManifest,
} from '../../content/index.js';
import { messageOf, TrustError } from '../../error.js';
import { type ImageSource, tagOf } from '../../source/index.js';
import type { Candidate, Proof } from '../candidate.js';
import { bundleProof } from '../sigstore/bundle.js';
import { dsseProof, simpleSigningProof } from '../sigstore/legacy.js';

export interface Found {
  readonly candidates: readonly Candidate[];
  /** How many there were beyond those looked at. */
  readonly left: number;
}

const NOTATION = 'application/vnd.cncf.notary.signature';
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
const DSSE = 'application/vnd.dsse.envelope.v1+json';
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle/;
const NOTATION_ENVELOPES = ['application/jose+json', 'application/cose'];

/** Signatures and attestations of a manifest: what says it is about it, and cosign's older tags. */
export async function findCandidates(source: ImageSource, about: Content): Promise<Found> {
  const { digest } = about;
  const holders: Content[] = [];
  const seen = new Set<Digest>();
  const referrers = (await source.referrers(digest)).filter(mayVouch);
  const hold = (content: Content | undefined): void => {
    if (content === undefined || seen.has(content.digest)) return;
    seen.add(content.digest);
    holders.push(content);
  };
  for (const { digest: about } of referrers.slice(0, LIMITS.candidates)) hold(await source.manifest(about));
  for (const ending of ['.sig', '.att']) hold(await source.tagged(tagOf(digest, ending)));
  const candidates: Candidate[] = [];
  let left = Math.max(0, referrers.length - LIMITS.candidates);
  for (const holder of holders) {
    const isTagged = !referrers.some((referrer) => referrer.digest === holder.digest);
    for (const [place, proof, kind] of await proofsIn(source, holder, about, isTagged)) {
      if (candidates.length < LIMITS.candidates) candidates.push({ place, subject: digest, kind, proof });
      else left += 1;
    }
  }
  return { candidates, left };
}

/** Others hang bills of materials, documentation and more on an image. What says nothing of itself is looked at. */
const mayVouch = ({ artifactType }: Descriptor): boolean =>
  artifactType === '' ||
  artifactType === NOTATION ||
  BUNDLE.test(artifactType) ||
  /cosign|in-toto|dsse/.test(artifactType);

type Placed = readonly [place: string, proof: Proof, kind: Candidate['kind']];

async function proofsIn(
  source: ImageSource,
  holder: Content,
  about: Content,
  isTagged: boolean,
): Promise<readonly Placed[]> {
  const manifest = readManifest(holder);
  if (manifest.kind === 'index') return [[holder.digest, unreadable('is an index'), 'signature']];
  // The list of a registry is no proof, and neither is a name: the manifest itself has to say what it is about.
  if (!isTagged && manifest.subject?.digest !== about.digest) {
    return [[holder.digest, unreadable(`is about ${manifest.subject?.digest ?? 'nothing'}`), 'signature']];
  }
  const found: Placed[] = [];
  for (const [i, layer] of manifest.layers.entries()) {
    const kind = isAttestation(manifest, layer) ? 'attestation' : 'signature';
    const proof = await proofOf(source, manifest, layer, about);
    if (proof !== undefined) found.push([`${holder.digest} layer ${i}`, proof, kind]);
  }
  return found;
}

const isAttestation = (manifest: Manifest, layer: Descriptor): boolean =>
  layer.mediaType === DSSE ||
  (BUNDLE.test(layer.mediaType) &&
    ![undefined, SIGNED_BY_COSIGN].includes(manifest.annotations.get('dev.sigstore.bundle.predicateType')));

/** What cosign states in a bundle that is a signature and nothing more. */
export const SIGNED_BY_COSIGN = 'https://sigstore.dev/cosign/sign/v1';

async function proofOf(
  source: ImageSource,
  manifest: Manifest,
  layer: Descriptor,
  about: Content,
): Promise<Proof | undefined> {
  const { mediaType } = layer;
  const isNotation = manifest.artifactType === NOTATION && NOTATION_ENVELOPES.includes(mediaType);
  if (!isNotation && mediaType !== SIMPLE_SIGNING && mediaType !== DSSE && !BUNDLE.test(mediaType))
    return undefined;
  const bytes = await source.blob(layer, LIMITS.signatureBytes);
  try {
    if (isNotation) return { form: 'notation', envelope: bytes, mediaType };
    if (mediaType === SIMPLE_SIGNING) return simpleSigningProof(bytes, layer.annotations);
    return mediaType === DSSE ? dsseProof(bytes, layer.annotations) : bundleProof(bytes, about.bytes);
  } catch (problem) {
    if (problem instanceof TrustError) throw problem;
    return unreadable(messageOf(problem));
  }
}

const unreadable = (problem: string): Proof => ({ form: 'unreadable', problem });
