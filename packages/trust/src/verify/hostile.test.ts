import type { Signer } from '@runward/policy/trust';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Content } from '../content/index.js';
import { TrustError } from '../error.js';
import { loadSigners } from '../material/index.js';
import type { ImageSource } from '../source/index.js';
import {
  asked,
  bundleFor,
  newKey,
  newNotationSigner,
  signNotation,
  type TestDescriptor,
  TestRepository,
  TestSigstore,
} from '../testing/index.js';
import { verifyImage } from './verify-image.js';

/** A repository in memory, so that thousands of them cost little. */
function sourceOf(repository: TestRepository): ImageSource {
  const content = (digest: string): Content => ({
    digest,
    bytes: repository.blobs.get(digest) ?? Buffer.alloc(0),
  });
  return {
    name: 'memory',
    root: async () => content(repository.tags.get('latest') ?? ''),
    manifest: async (digest) => content(digest),
    blob: async ({ digest }) => content(digest).bytes,
    stream: () => expect.unreachable('layers are not read'),
    referrers: async (digest) => repository.referrers(digest) as never, // only digest and type of it are looked at
    tagged: async (tag) => (repository.tags.has(tag) ? content(repository.tags.get(tag) ?? '') : undefined),
  };
}

const identity = { subject: 'https://github.com/acme/app/x', issuer: 'https://issuer.test' };
const key = newKey();
let signers: readonly Signer[];
/** What signs the image, by the type it is stored as. */
let proofs: readonly { readonly mediaType: string; readonly artifactType: string; readonly bytes: Buffer }[];

beforeAll(async () => {
  const sigstore = await TestSigstore.create();
  const notary = await newNotationSigner('CN=release');
  signers = [
    { kind: 'key', name: 'key', key: { text: key.publicKey } },
    {
      ...{ kind: 'keyless', name: 'keyless', identity: identity.subject, issuer: identity.issuer },
      trustedRoot: { text: sigstore.trustedRoot },
    },
    { kind: 'notation', name: 'notation', roots: { text: notary.roots }, subject: { CN: 'release' } },
  ];
  const signedBy = async (sign: (repository: TestRepository, image: TestDescriptor) => Promise<void>) => {
    const repository = new TestRepository();
    await sign(repository, imageIn(repository));
    return repository;
  };
  const made = await Promise.all([
    signedBy((repository, image) => bundleFor(repository, image, { sigstore, identity })),
    signedBy((repository, image) => bundleFor(repository, image, key)),
    signedBy((repository, image) => signNotation(repository, image, notary)),
  ]);
  proofs = made.map((repository) => {
    const artifact = [...repository.manifests.keys()]
      .map((digest) => JSON.parse(String(repository.blobs.get(digest))))
      .find((manifest) => manifest.subject !== undefined);
    const { mediaType, digest } = artifact.layers[0];
    return {
      mediaType,
      artifactType: artifact.artifactType,
      bytes: repository.blobs.get(digest) ?? Buffer.alloc(0),
    };
  });
});

/** The same each time, so that what was signed is the same. */
const imageIn = (repository: TestRepository): TestDescriptor =>
  repository.image({ tag: 'latest', created: new Date(0) });

async function judged(put: (repository: TestRepository, image: TestDescriptor) => void): Promise<boolean> {
  const repository = new TestRepository();
  put(repository, imageIn(repository));
  const demand = asked(signers);
  try {
    return (await verifyImage(sourceOf(repository), { demand, signers: await loadSigners(signers) })).trusted;
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    return false;
  }
}

const stored =
  (proof: (typeof proofs)[number], bytes = proof.bytes) =>
  (repository: TestRepository, subject: TestDescriptor): void => {
    repository.artifact([{ mediaType: proof.mediaType, bytes }], {
      subject,
      artifactType: proof.artifactType,
    });
  };

describe('whatever stands where a signature should be', () => {
  test('as it was made it is trusted', async () => {
    for (const proof of proofs) expect(await judged(stored(proof))).toBe(true);
  });

  test('changed in a byte or cut, the answer is a verdict or an error with a code; cut, it is never trust', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(), fc.nat(255), fc.boolean(), async (which, at, byte, isCut) => {
        const proof = proofs[which];
        if (proof === undefined) return;
        const place = at % proof.bytes.length;
        const bytes = Buffer.from(isCut ? proof.bytes.subarray(0, place) : proof.bytes);
        if (!isCut) bytes[place] = byte;
        // A byte may stand where nothing is signed, such as the name of the program that signed.
        expect(await judged(stored(proof, bytes))).toSatisfy((trusted) => !(isCut && trusted === true));
      }),
      { numRuns: 150 },
    );
  });

  test('so it is for values of any shape in manifests, which are never trusted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue(),
        fc.constantFrom('layers', 'config', 'subject', 'manifests'),
        async (value, field) => {
          const trusted = await judged((repository, subject) => {
            const mediaType = 'application/vnd.oci.image.manifest.v1+json';
            const manifest = { mediaType, layers: [], subject, [field]: value };
            repository.manifest(manifest, `${subject.digest.replace(':', '-')}.sig`);
          });
          expect(trusted).toBe(false);
        },
      ),
      { numRuns: 100 },
    );
  });
});
