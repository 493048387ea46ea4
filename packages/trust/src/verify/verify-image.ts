import type { AttestationDemand, ImageDemand } from '@runward/policy/trust';
import { conditionProblem, isOfType } from '../attestation/index.js';
import {
  type Content,
  type Digest,
  hostPlatform,
  LIMITS,
  type Manifest,
  type Platform,
  platformText,
  readConfig,
  readManifest,
} from '../content/index.js';
import { TrustError } from '../error.js';
import type { LoadedSigners } from '../material/index.js';
import type { Reference } from '../reference/index.js';
import { type Candidate, findCandidates } from '../signature/index.js';
import type { ImageSource } from '../source/index.js';
import { manifestFor } from './manifest-for.js';
import { placeProblems } from './place.js';
import { nearest, type Proofs, type Proved, proveAll } from './proved.js';
import type { AcceptedAttestation, ImageVerdict, Problem } from './verdict.js';

export interface VerifyOptions {
  readonly demand: ImageDemand;
  readonly signers: LoadedSigners;
  /** undefined for folders and archives. */
  readonly reference?: Reference;
  readonly platform?: Platform;
  /** Reads every layer as well: registries are believed about them otherwise, as runtimes check them when they pull. */
  readonly layers?: boolean;
  readonly now?: Date;
}

/**
 * Whether an image is what a demand asks for. What is wrong with the image is in the verdict; what kept it from being
 * judged is thrown.
 *
 * @throws TrustError
 */
export async function verifyImage(source: ImageSource, options: VerifyOptions): Promise<ImageVerdict> {
  const { demand, signers, reference, platform = hostPlatform(), now = new Date() } = options;
  const root = await source.root();
  const found = await manifestFor(source, root, platform);
  const verdict = {
    image: source.name,
    digest: root.digest,
    manifest: found?.digest ?? root.digest,
    platform: platformText(platform),
    checkedAt: now.toISOString(),
  };
  if (found === undefined) {
    const problems = [missingPlatform(root.digest, platform)];
    return { ...verdict, trusted: false, problems, signatures: [], attestations: [], refused: [] };
  }
  const config = await configOf(source, found);
  if (options.layers === true) await readLayers(source, found);
  const others =
    found.digest === root.digest
      ? await indexAbove(source, reference, root.digest)
      : [await source.manifest(found.digest)];
  const { candidates, left } = await candidatesFor(source, [root, ...others]);
  const proofs = await proveAll(candidates, signers.signers, now);
  const signatures = proofs.proved.filter(({ statement }) => statement === undefined);
  const attested = demand.attestations.map((each) => attestationFor(each, demand, proofs, now));
  const problems = [
    ...placeProblems(demand, { reference, digest: root.digest, manifest: found, config }, now),
    ...signatureProblems(demand, signatures, candidates, proofs, left),
    ...attested.flatMap((each) => ('problem' in each ? [each.problem] : [])),
  ];
  return {
    ...verdict,
    trusted: problems.length === 0,
    problems,
    signatures: signatures.map(({ accepted }) => accepted),
    attestations: attested.flatMap((each) => ('accepted' in each ? [each.accepted] : [])),
    refused: proofs.refused,
  };
}

async function configOf(source: ImageSource, { config }: Manifest) {
  if (config === undefined || !/image.*json/.test(config.mediaType)) return undefined;
  return readConfig({ digest: config.digest, bytes: await source.blob(config, LIMITS.configBytes) });
}

async function readLayers(source: ImageSource, { layers }: Manifest): Promise<void> {
  for (const layer of layers) for await (const _ of source.stream(layer));
}

/**
 * The index that the tag leads to, if it lists the image: some runtimes tell only the digest of what they took out of one. A
 * tag that leads elsewhere by now says nothing, for or against.
 */
async function indexAbove(
  source: ImageSource,
  reference: Reference | undefined,
  digest: Digest,
): Promise<readonly Content[]> {
  if (reference === undefined || reference.tag === '') return [];
  try {
    const above = await source.tagged(reference.tag);
    if (above === undefined || above.digest === digest) return [];
    const index = readManifest(above);
    return index.kind === 'index' && index.manifests.some((each) => each.digest === digest) ? [above] : [];
  } catch (problem) {
    if (problem instanceof TrustError && problem.code.startsWith('IMAGE_')) return [];
    throw problem;
  }
}

/** A signature may be on the index, or on the image of the platform. */
async function candidatesFor(source: ImageSource, contents: readonly Content[]) {
  const candidates: Candidate[] = [];
  let left = 0;
  for (const content of contents) {
    const found = await findCandidates(source, content);
    candidates.push(...found.candidates);
    left += found.left;
  }
  return { candidates, left };
}

function signatureProblems(
  { signers, needed }: ImageDemand,
  signatures: readonly Proved[],
  candidates: readonly Candidate[],
  { refused }: Proofs,
  left: number,
): readonly Problem[] {
  const who = new Set(signatures.map(({ accepted }) => accepted.signer));
  if (signers.length === 0 || who.size >= needed) return [];
  const wanted = signers.filter(({ name }) => !who.has(name)).map(({ name }) => `\`${name}\``);
  const places = new Set(candidates.filter(({ kind }) => kind === 'signature').map(({ place }) => place));
  const near = nearest(refused.filter(({ place, signer }) => places.has(place) && !who.has(signer)));
  const more = left === 0 ? '' : ` (${left} more were not looked at)`;
  if (near === undefined) {
    return [
      {
        code: 'IMAGE_UNSIGNED',
        message:
          who.size === 0
            ? `the image has no signature${more}`
            : `only ${who.size} of ${needed} signers signed`,
        help: `a signature by ${wanted.join(' or ')} is asked for`,
      },
    ];
  }
  return [
    {
      code: near.code,
      message: `no signature by \`${near.signer}\`: of ${places.size} found${more}, the nearest (${near.place}) does not count: ${near.message}`,
      help: HELP[near.code] ?? `a signature by ${wanted.join(' or ')} is asked for`,
    },
  ];
}

const HELP: Partial<Record<Problem['code'], string>> = {
  SIGNATURE_KEY_MISMATCH: 'somebody else signed it, or the key was replaced: sign it with this key',
  SIGNATURE_OF_ANOTHER_IMAGE: 'a signature of another image was put beside this one: sign this one',
  SIGNATURE_CERTIFICATE_EXPIRED: 'sign the image again',
  SIGNATURE_NOT_LOGGED: 'sign it without `--tlog-upload=false`, or give a trusted root that has no log',
};

type Attested = { readonly accepted: AcceptedAttestation } | { readonly problem: Problem };

function attestationFor(wanted: AttestationDemand, demand: ImageDemand, proofs: Proofs, now: Date): Attested {
  const names = wanted.signers.length > 0 ? wanted.signers : demand.signers.map(({ name }) => name);
  const ofType = proofs.proved.filter(({ statement }) =>
    isOfType(statement?.predicateType ?? '', wanted.type),
  );
  const bySigner = ofType.filter(({ accepted }) => names.includes(accepted.signer));
  const failed: string[] = [];
  for (const { accepted, statement } of bySigner) {
    const problem = wanted.conditions
      .map((condition) => conditionProblem(condition, statement?.value, now))
      .find((each) => each !== undefined);
    if (problem === undefined)
      return { accepted: { ...accepted, predicateType: statement?.predicateType ?? '' } };
    failed.push(problem);
  }
  const [first] = failed;
  if (first !== undefined) {
    return {
      problem: {
        code: 'ATTESTATION_CONDITION_FAILED',
        message: `the \`${wanted.type}\` attestation does not say what is asked for: ${first}`,
        help: 'the condition is in the policy; the attestation says what was built, and how',
      },
    };
  }
  const near = nearest(proofs.refused.filter(({ signer }) => names.includes(signer)));
  const why = near === undefined ? '' : `; the nearest found (${near.place}) does not count: ${near.message}`;
  return {
    problem: {
      code: 'IMAGE_UNATTESTED',
      message: `there is no \`${wanted.type}\` attestation by ${names.map((name) => `\`${name}\``).join(' or ')}${why}`,
      help: 'attest the image when it is built: `cosign attest`, or what builds it does so',
    },
  };
}

const missingPlatform = (digest: Digest, platform: Platform): Problem => ({
  code: 'IMAGE_PLATFORM_MISSING',
  message: `\`${digest}\` has no image for ${platformText(platform)}`,
  help: 'name a platform it has with `--platform`',
});
