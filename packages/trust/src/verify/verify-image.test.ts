import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageDemand, Signer } from '@runward/policy/trust';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSigners } from '../material/index.js';
import { readReference } from '../reference/index.js';
import { LayoutFolder, LayoutSource } from '../source/index.js';
import {
  asked,
  attestWithKey,
  bundleFor,
  type Identity,
  imageWith,
  messageBundle,
  newKey,
  newNotationSigner,
  signKeyless,
  signNotation,
  signWithKey,
  TestRepository,
  TestSigstore,
  writeLayout,
} from '../testing/index.js';
import type { ImageVerdict } from './verdict.js';
import { type VerifyOptions, verifyImage } from './verify-image.js';

const key = newKey();
const byKey: Signer = { kind: 'key', name: 'release', key: { text: key.publicKey } };
const who: Identity = {
  subject: 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1',
  issuer: 'https://token.actions.githubusercontent.com',
};
let sigstore: TestSigstore;
const keyless = (more: Partial<Extract<Signer, { kind: 'keyless' }>> = {}): Signer => ({
  kind: 'keyless',
  name: 'ci',
  identity: 'https://github.com/acme/app/*',
  issuer: who.issuer,
  trustedRoot: { text: sigstore.trustedRoot },
  ...more,
});

const folders: string[] = [];
beforeAll(async () => {
  sigstore = await TestSigstore.create();
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function layoutOf(repository: TestRepository): string {
  const folder = mkdtempSync(join(tmpdir(), 'runward-trust-'));
  folders.push(folder);
  writeLayout(repository, folder);
  return folder;
}

async function judge(
  repository: TestRepository,
  demand: ImageDemand,
  options: Partial<VerifyOptions> = {},
): Promise<ImageVerdict> {
  const source = new LayoutSource(new LayoutFolder(layoutOf(repository)), 'latest');
  return verifyImage(source, { demand, signers: await loadSigners(demand.signers), ...options });
}

const codes = ({ problems }: ImageVerdict) => problems.map(({ code }) => code);

describe('a signed image is trusted', () => {
  test.each([
    ['by a key, under a tag', () => imageWith((r, image) => signWithKey(r, image, key)), () => byKey],
    [
      'by a key, as a referrer',
      () => imageWith((r, i) => signWithKey(r, i, key, { place: 'referrer' })),
      () => byKey,
    ],
    ['by a key, in a bundle', () => imageWith((r, image) => bundleFor(r, image, key)), () => byKey],
    [
      'by a key, in a bundle over the manifest',
      () => imageWith((r, i) => messageBundle(r, i, key)),
      () => byKey,
    ],
    ['keyless, under a tag', () => imageWith((r, i) => signKeyless(r, i, sigstore, who)), () => keyless()],
    [
      'keyless, in a bundle',
      () => imageWith((r, image) => bundleFor(r, image, { sigstore, identity: who })),
      () => keyless(),
    ],
  ] as const)('%s', async (_, made, signer) => {
    const verdict = await judge(await made(), asked([signer()]));
    expect(verdict.problems).toEqual([]);
    expect(verdict).toMatchObject({ trusted: true, signatures: [{ signer: signer().name }] });
  });

  test('by the Notary Project', async () => {
    const signer = await newNotationSigner('CN=release, O=Acme');
    const repository = await imageWith((r, image) => signNotation(r, image, signer));
    const demand = asked([
      {
        kind: 'notation',
        name: 'notary',
        roots: { text: signer.roots },
        subject: { CN: 'release', O: 'Acme' },
      },
    ]);
    const verdict = await judge(repository, demand);
    expect(verdict.problems).toEqual([]);
    expect(verdict).toMatchObject({ trusted: true, signatures: [{ identity: 'CN=release, O=Acme' }] });
  });

  test('whether the index or the image of the platform was signed', async () => {
    for (const signed of ['index', 'image'] as const) {
      const repository = new TestRepository();
      const arm = repository.image({ architecture: 'arm64' });
      const amd = repository.image({ architecture: 'amd64', layers: [{ other: 'x' }] });
      const index = repository.index({ arm64: arm, amd64: amd }, 'latest');
      signWithKey(repository, signed === 'index' ? index : amd, key);
      const on = (architecture: string) =>
        judge(repository, asked([byKey]), { platform: { os: 'linux', architecture, variant: '' } });
      expect(await on('amd64')).toMatchObject({ trusted: true, digest: index.digest, manifest: amd.digest });
      expect(codes(await on('arm64'))).toEqual(signed === 'index' ? [] : ['IMAGE_UNSIGNED']);
      expect(codes(await on('s390x'))).toEqual(['IMAGE_PLATFORM_MISSING']);
    }
  });
});

describe('each way of not being signed as asked has a reason of its own', () => {
  test.each([
    ['unsigned', 'IMAGE_UNSIGNED', () => imageWith(() => undefined), () => byKey],
    [
      'by another key',
      'SIGNATURE_KEY_MISMATCH',
      () => imageWith((r, i) => signWithKey(r, i, newKey())),
      () => byKey,
    ],
    [
      'a signature of another image, put beside this one',
      'SIGNATURE_OF_ANOTHER_IMAGE',
      () => imageWith((r, i) => signWithKey(r, i, key, { about: `sha256:${'0'.repeat(64)}` })),
      () => byKey,
    ],
    [
      'a bundle about another image',
      'SIGNATURE_OF_ANOTHER_IMAGE',
      () =>
        imageWith((r, i) =>
          bundleFor(r, i, key, {
            ...{ about: `sha256:${'0'.repeat(64)}`, predicateType: 'https://sigstore.dev/cosign/sign/v1' },
            predicate: {},
          }),
        ),
      () => byKey,
    ],
    [
      'another identity',
      'SIGNATURE_IDENTITY_MISMATCH',
      () =>
        imageWith((r, i) =>
          signKeyless(r, i, sigstore, { ...who, subject: 'https://github.com/evil/app/x' }),
        ),
      () => keyless(),
    ],
    [
      'another issuer',
      'SIGNATURE_ISSUER_MISMATCH',
      () => imageWith((r, i) => signKeyless(r, i, sigstore, { ...who, issuer: 'https://evil.example' })),
      () => keyless(),
    ],
    [
      'a certificate of an authority that is not trusted',
      'SIGNATURE_CERTIFICATE_UNTRUSTED',
      () =>
        imageWith(async (r, i) => bundleFor(r, i, { sigstore: await TestSigstore.create(), identity: who })),
      () => keyless(),
    ],
    [
      'by a key where a certificate is asked for',
      'SIGNATURE_CERTIFICATE_MISSING',
      () => imageWith((r, i) => signWithKey(r, i, key)),
      () => keyless(),
    ],
  ] as const)('%s: %s', async (_, code, made, signer) => {
    const verdict = await judge(await made(), asked([signer()]));
    expect(codes(verdict)).toEqual([code]);
    expect(verdict.problems[0]?.message).toMatch(/\S/);
  });

  test('a certificate that had expired when the log took the signature', async () => {
    const late = await TestSigstore.create({ loggedAt: new Date(Date.now() + 3_600_000) });
    const repository = await imageWith((r, image) => bundleFor(r, image, { sigstore: late, identity: who }));
    const verdict = await judge(repository, asked([keyless({ trustedRoot: { text: late.trustedRoot } })]));
    expect(codes(verdict)).toEqual(['SIGNATURE_CERTIFICATE_EXPIRED']);
  });

  test.each([
    [
      'without an entry of the log',
      'SIGNATURE_NOT_LOGGED',
      (material: { tlogEntries?: unknown }) => ({ ...material, tlogEntries: [] }),
    ],
    [
      'with the entry of another signature',
      'SIGNATURE_LOG_UNPROVEN',
      (material: { tlogEntries?: unknown }, other: { tlogEntries?: unknown }) => ({
        ...material,
        tlogEntries: other.tlogEntries,
      }),
    ],
  ] as const)('a keyless bundle %s', async (_, code, change) => {
    const material = async () => {
      const other = await imageWith((r, image) => bundleFor(r, image, { sigstore, identity: who }));
      const text =
        [...other.blobs.values()].map(String).find((each) => each.includes('verificationMaterial')) ?? '';
      return JSON.parse(text);
    };
    const [bundle, other] = [await material(), await material()];
    const changed = {
      ...bundle,
      verificationMaterial: change(bundle.verificationMaterial, other.verificationMaterial),
    };
    const repository = await imageWith((r, subject) =>
      r.artifact([{ mediaType: bundle.mediaType, bytes: Buffer.from(JSON.stringify(changed)) }], {
        ...{ subject, artifactType: bundle.mediaType },
      }),
    );
    expect(codes(await judge(repository, asked([keyless()])))).toEqual([code]);
  });

  test.each([
    ['SIGNATURE_CERTIFICATE_EXPIRED', { notAfter: new Date(Date.now() - 1000) }, {}, {}],
    ['SIGNATURE_EXPIRED', {}, { expiry: new Date(Date.now() - 1000) }, {}],
    ['SIGNATURE_OF_ANOTHER_IMAGE', {}, { about: `sha256:${'0'.repeat(64)}` }, {}],
    ['SIGNATURE_IDENTITY_MISMATCH', {}, {}, { CN: 'somebody' }],
    ['SIGNATURE_INVALID', {}, { crit: ['io.cncf.notary.verificationPlugin'] }, {}],
  ] as const)('of the Notary Project: %s', async (code, made, signed, subject) => {
    const signer = await newNotationSigner('CN=release', made);
    const repository = await imageWith((r, image) => signNotation(r, image, signer, signed));
    const demand = asked([
      {
        kind: 'notation',
        name: 'notary',
        roots: { text: signer.roots },
        subject: { CN: 'release', ...subject },
      },
    ]);
    expect(codes(await judge(repository, demand))).toEqual([code]);
  });

  test('of the Notary Project: by an authority that is not trusted', async () => {
    const [signer, other] = [await newNotationSigner('CN=release'), await newNotationSigner('CN=release')];
    const repository = await imageWith((r, image) => signNotation(r, image, other));
    const demand = asked([
      { kind: 'notation', name: 'notary', roots: { text: signer.roots }, subject: { CN: 'release' } },
    ]);
    expect(codes(await judge(repository, demand))).toEqual(['SIGNATURE_CERTIFICATE_UNTRUSTED']);
  });

  test('one of two signers is missing', async () => {
    const other: Signer = { kind: 'key', name: 'security', key: { text: newKey().publicKey } };
    const repository = await imageWith((r, image) => signWithKey(r, image, key));
    expect(codes(await judge(repository, asked([byKey, other])))).toEqual([]);
    const verdict = await judge(repository, asked([byKey, other], { needed: 2 }));
    expect(verdict.problems).toMatchObject([{ code: 'SIGNATURE_KEY_MISMATCH' }]);
    expect(verdict.problems[0]?.message).toContain('`security`');
  });

  test('what cannot be read is no signature, and says so', async () => {
    const repository = await imageWith((r, subject) => {
      const mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
      r.artifact([{ mediaType, bytes: Buffer.from('{"mediaType":1}') }], {
        subject,
        artifactType: mediaType,
      });
    });
    expect(codes(await judge(repository, asked([byKey])))).toEqual(['SIGNATURE_MALFORMED']);
  });
});

describe('what is demanded of the image itself', () => {
  const now = new Date();
  test('digests, age, base, registries and pinning, each with its reason', async () => {
    const repository = new TestRepository();
    const image = repository.image({
      tag: 'latest',
      created: new Date(now.getTime() - 40 * 86_400_000),
      annotations: { 'org.opencontainers.image.base.name': 'registry.test/base/debian:12' },
    });
    const reference = readReference('registry.test/app:latest');
    const check = async (more: Partial<ImageDemand>, at = reference) =>
      codes(await judge(repository, asked([], more), { reference: at, now }));
    expect(await check({ digests: [image.digest] })).toEqual([]);
    expect(await check({ digests: [`sha256:${'0'.repeat(64)}`] })).toEqual(['IMAGE_TAG_MOVED']);
    expect(
      await check(
        { digests: [`sha256:${'0'.repeat(64)}`] },
        readReference(`registry.test/app@${image.digest}`),
      ),
    ).toEqual(['IMAGE_NOT_APPROVED']);
    expect(await check({ maxAgeS: 41 * 86_400 })).toEqual([]);
    expect(await check({ maxAgeS: 39 * 86_400 })).toEqual(['IMAGE_TOO_OLD']);
    expect(await check({ registries: ['registry.test/*'] })).toEqual([]);
    expect(await check({ registries: ['other.test/*'] })).toEqual(['IMAGE_REGISTRY_REFUSED']);
    expect(await check({ pinned: true })).toEqual(['IMAGE_NOT_PINNED']);
    expect(await check({ bases: [{ kind: 'name', pattern: 'registry.test/base/*' }] })).toEqual([]);
    expect(await check({ bases: [{ kind: 'digest', digest: `sha256:${'0'.repeat(64)}` }] })).toEqual([
      'IMAGE_BASE_REFUSED',
    ]);
  });
});

describe('attestations', () => {
  const provenance = {
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: { buildType: 'https://build.test/v1', externalParameters: { repository: 'acme/app' } },
      runDetails: {
        builder: { id: 'https://build.test/builder' },
        metadata: { finishedOn: new Date().toISOString() },
      },
    },
  };
  const demand = (more: object = {}) =>
    asked([byKey], {
      signers: [byKey],
      attestations: [
        {
          ...{ type: 'slsaprovenance', signers: [] },
          conditions: [
            { path: 'predicate.runDetails.builder.id', test: 'oneOf', patterns: ['https://build.test/*'] },
            { path: 'predicate.runDetails.metadata.finishedOn', test: 'maxAge', seconds: 86_400 },
          ],
          ...more,
        },
      ],
    });

  test.each([
    [
      'envelopes under a tag',
      (r: TestRepository, i: ReturnType<TestRepository['image']>) => attestWithKey(r, i, key, provenance),
    ],
    [
      'bundles',
      (r: TestRepository, i: ReturnType<TestRepository['image']>) => bundleFor(r, i, key, provenance),
    ],
  ] as const)('are proved and looked into: %s', async (_, attest) => {
    const repository = await imageWith(async (r, image) => {
      signWithKey(r, image, key);
      await attest(r, image);
    });
    const verdict = await judge(repository, demand());
    expect(verdict.problems).toEqual([]);
    expect(verdict.attestations).toMatchObject([
      { signer: 'release', predicateType: provenance.predicateType },
    ]);
    const wrong = [
      { path: 'predicate.runDetails.builder.id', test: 'oneOf' as const, patterns: ['https://other/*'] },
    ];
    expect(codes(await judge(repository, demand({ conditions: wrong })))).toEqual([
      'ATTESTATION_CONDITION_FAILED',
    ]);
    expect(codes(await judge(repository, demand({ type: 'spdx' })))).toEqual(['IMAGE_UNATTESTED']);
  });

  test('an attestation is no signature, and that of another image or signer does not count', async () => {
    const alone = await imageWith((r, image) => attestWithKey(r, image, key, provenance));
    expect(codes(await judge(alone, demand()))).toEqual(['IMAGE_UNSIGNED']);
    const about = `sha256:${'0'.repeat(64)}`;
    for (const [by, options] of [
      [key, { ...provenance, about }],
      [newKey(), provenance],
    ] as const) {
      const repository = await imageWith((r, image) => {
        signWithKey(r, image, key);
        attestWithKey(r, image, by, options);
      });
      expect(codes(await judge(repository, demand()))).toEqual(['IMAGE_UNATTESTED']);
    }
  });
});

describe('what was changed where it is stored is found', () => {
  const changedBlob = (folder: string, digest: string): void =>
    writeFileSync(join(folder, 'blobs/sha256', digest.slice(7)), 'something else');

  test('a manifest, a configuration, a layer', async () => {
    const repository = new TestRepository();
    const image = repository.image({ tag: 'latest' });
    const manifest = JSON.parse(String(repository.blobs.get(image.digest)));
    for (const digest of [image.digest, manifest.config.digest, manifest.layers[0].digest]) {
      const folder = layoutOf(repository);
      changedBlob(folder, digest);
      const source = new LayoutSource(new LayoutFolder(folder), undefined);
      const work = verifyImage(source, { demand: asked([]), signers: await loadSigners([]), layers: true });
      await expect(work).rejects.toMatchObject({ code: 'IMAGE_CONTENT_CHANGED' });
    }
  });
});

test('a key that is none, or the private one, is refused with the name of its signer', async () => {
  for (const text of ['no key', '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----']) {
    const signers: readonly Signer[] = [{ kind: 'key', name: 'release', key: { text } }];
    await expect(loadSigners(signers)).rejects.toMatchObject({
      ...{ code: 'TRUST_MATERIAL_UNUSABLE', message: expect.stringContaining('`release`') },
    });
  }
});
