import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Signer } from '@runward/policy/trust';
import { afterAll, describe, expect, test } from 'vitest';
import { loadSigners } from '../material/index.js';
import { readReference } from '../reference/index.js';
import { RegistrySource } from '../source/index.js';
import {
  asked,
  bundleFor,
  imageWith,
  newKey,
  RegistryServer,
  signWithKey,
  TestRepository,
} from '../testing/index.js';
import type { ImageVerdict } from './verdict.js';
import { verifyImage } from './verify-image.js';

const key = newKey();
const byKey: Signer = { kind: 'key', name: 'release', key: { text: key.publicKey } };
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

describe('a registry', () => {
  const overRegistry = async (
    repository: TestRepository,
    options: Parameters<typeof RegistryServer.start>[1],
    more: { readonly authFile?: string; readonly timeoutMs?: number } = {},
  ): Promise<ImageVerdict> => {
    const server = await RegistryServer.start(repository, options);
    try {
      const reference = readReference(`${server.host}/app:latest`);
      const source = new RegistrySource(reference, { timeoutMs: 10_000, ...more });
      return await verifyImage(source, {
        demand: asked([byKey]),
        signers: await loadSigners([byKey]),
        reference,
      });
    } finally {
      await server.stop();
    }
  };

  test.each([true, false])(
    'is asked for referrers, or the tag that stands in for them (it lists: %s)',
    async (lists) => {
      const repository = await imageWith((r, image) => bundleFor(r, image, key));
      const [image = ''] = repository.tags.values();
      if (!lists) {
        const manifests = repository.referrers(image);
        const mediaType = 'application/vnd.oci.image.index.v1+json';
        repository.manifest(
          { schemaVersion: 2, mediaType, manifests } as { mediaType: string },
          image.replace(':', '-'),
        );
      }
      expect(await overRegistry(repository, { referrers: lists })).toMatchObject({ trusted: true });
    },
  );

  test('is asked for the index of the tag, where only the image out of it is known and the index was signed', async () => {
    const repository = new TestRepository();
    const [arm, amd] = [
      repository.image({ architecture: 'arm64' }),
      repository.image({ layers: [{ a: 'x' }] }),
    ];
    const index = repository.index({ arm64: arm, amd64: amd }, 'latest');
    const other = repository.image({ layers: [{ a: 'not listed' }] });
    signWithKey(repository, index, key);
    const server = await RegistryServer.start(repository);
    try {
      const reference = readReference(`${server.host}/app:latest`);
      const judge = async (digest: string) =>
        verifyImage(new RegistrySource({ ...reference, tag: '', digest }, { timeoutMs: 10_000 }), {
          ...{ demand: asked([byKey]), signers: await loadSigners([byKey]), reference },
        });
      expect(await judge(amd.digest)).toMatchObject({
        trusted: true,
        signatures: [{ subject: index.digest }],
      });
      expect(await judge(other.digest)).toMatchObject({ problems: [{ code: 'IMAGE_UNSIGNED' }] });
    } finally {
      await server.stop();
    }
  });

  test('that gives another manifest for a digest is found out', async () => {
    const repository = await imageWith((r, image) => signWithKey(r, image, key));
    const [image = ''] = repository.tags.values();
    const other = new TestRepository().image({ layers: [{ evil: 'x' }] });
    repository.blobs.set(image, Buffer.from(JSON.stringify({ schemaVersion: 2, layers: [], evil: other })));
    await expect(overRegistry(repository, {})).rejects.toMatchObject({ code: 'IMAGE_CONTENT_CHANGED' });
  });

  test('that wants a token gets one for what `docker login` keeps, and refuses others', async () => {
    const repository = await imageWith((r, image) => signWithKey(r, image, key));
    const server = await RegistryServer.start(repository, { login: { user: 'me', password: 'se:cret' } });
    const folder = mkdtempSync(join(tmpdir(), 'runward-trust-'));
    folders.push(folder);
    const authFile = join(folder, 'config.json');
    const login = (password: string) =>
      writeFileSync(
        authFile,
        JSON.stringify({
          auths: { [server.host]: { auth: Buffer.from(`me:${password}`).toString('base64') } },
        }),
      );
    const reference = readReference(`${server.host}/app`);
    const check = async () =>
      verifyImage(new RegistrySource(reference, { timeoutMs: 10_000, authFile }), {
        ...{ demand: asked([byKey]), signers: await loadSigners([byKey]) },
      });
    try {
      login('se:cret');
      expect(await check()).toMatchObject({ trusted: true });
      login('wrong');
      await expect(check()).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
    } finally {
      await server.stop();
    }
  });

  test('that never answers, or is not there, holds nobody', async () => {
    const repository = await imageWith(() => undefined);
    const silent = overRegistry(repository, { silent: true }, { timeoutMs: 300 });
    await expect(silent).rejects.toMatchObject({ code: 'REGISTRY_TIMEOUT' });
    const reference = readReference('127.0.0.1:1/app');
    const gone = verifyImage(new RegistrySource(reference, { timeoutMs: 10_000 }), {
      ...{ demand: asked([]), signers: await loadSigners([]) },
    });
    await expect(gone).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  });
});
