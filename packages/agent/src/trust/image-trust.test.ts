import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Detection } from '@runward/detect';
import { testContainer } from '@runward/events/testing';
import { testPolicy, testWorkload } from '@runward/policy/testing';
import type { TrustSection } from '@runward/policy/trust';
import { newKey, RegistryServer, signWithKey, TestRepository } from '@runward/trust/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ImageTrust } from './image-trust.js';
import { TrustWatch } from './trust-watch.js';

const key = newKey();
let state: string;
let keyFile: string;
let repository: TestRepository;
let digest: string;
let registry: RegistryServer | undefined;

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'runward-trust-'));
  keyFile = join(state, 'key.pub');
  writeFileSync(keyFile, key.publicKey);
  repository = new TestRepository();
  const image = repository.image({ tag: '1' });
  digest = image.digest;
  signWithKey(repository, image, key);
});
afterEach(async () => {
  await registry?.stop();
  registry = undefined;
  rmSync(state, { recursive: true });
});

const policyOf = (more = '') =>
  testPolicy(
    `trust:\n  mode: protect\n  onFailure: closed\n  recheck: 1h\n  signers: [{name: release, keyFile: ${keyFile}}]\n${more}`,
  );
const sectionOf = (more?: string): TrustSection => {
  const { trust } = policyOf(more);
  if (trust === undefined) throw new Error('it has the section');
  return trust;
};
const workload = (host: string, imageDigest = digest) =>
  testWorkload({ image: `${host}/app:1`, imageRepository: `${host}/app`, imageDigest });

describe('an image is judged', () => {
  test('once, and then from what is known, by the next agent as well, while its registry is away', async () => {
    registry = await RegistryServer.start(repository);
    const of = workload(registry.host);
    const first = new ImageTrust({ state });
    expect(await first.judge(sectionOf(), of)).toEqual({ kind: 'trusted' });
    await registry.stop();
    registry = undefined;
    expect(await first.judge(sectionOf(), of)).toEqual({ kind: 'trusted' });
    first.close();
    const next = new ImageTrust({ state });
    expect(await next.judge(sectionOf(), of)).toEqual({ kind: 'trusted' });
    expect(next.status).toMatchObject({ asked: 1, verified: 0, known: 1 });
  });

  test('anew when the verdict is too old, and then what cannot be asked is not known', async () => {
    registry = await RegistryServer.start(repository);
    const of = workload(registry.host);
    let now = Date.now();
    const trust = new ImageTrust({ state, now: () => now });
    expect(await trust.judge(sectionOf(), of)).toEqual({ kind: 'trusted' });
    await registry.stop();
    registry = undefined;
    now += 3_600_001;
    expect(await trust.judge(sectionOf(), of)).toMatchObject({
      kind: 'unknown',
      message: /cannot be reached/,
    });
  });

  test('anew when a key was replaced or the policy asks for something else', async () => {
    registry = await RegistryServer.start(repository);
    const of = workload(registry.host);
    const trust = new ImageTrust({ state });
    expect(await trust.judge(sectionOf(), of)).toEqual({ kind: 'trusted' });
    const withdrawn = sectionOf(`  digests: [sha256:${'0'.repeat(64)}]\n`);
    expect(await trust.judge(withdrawn, of)).toMatchObject({ kind: 'refused', code: 'IMAGE_TAG_MOVED' });
    writeFileSync(keyFile, newKey().publicKey);
    expect(await trust.judge(sectionOf(), of)).toMatchObject({
      kind: 'refused',
      code: 'SIGNATURE_KEY_MISMATCH',
    });
  });

  test('by its digest, wherever its tag leads by now', async () => {
    const other = repository.image({ layers: [{ a: 'unsigned' }] });
    registry = await RegistryServer.start(repository);
    const trust = new ImageTrust({ state });
    expect(await trust.judge(sectionOf(), workload(registry.host, other.digest))).toMatchObject({
      ...{ kind: 'refused', code: 'IMAGE_UNSIGNED' },
    });
  });

  test('no longer than there is patience; a missing key or digest is said', async () => {
    registry = await RegistryServer.start(repository, { silent: true });
    const trust = new ImageTrust({ state, patienceMs: 50, timeoutMs: 500 });
    expect(await trust.judge(sectionOf(), workload(registry.host))).toMatchObject({
      ...{ kind: 'unknown', message: /not answered yet/ },
    });
    expect(await trust.judge(sectionOf(), workload(registry.host, ''))).toMatchObject({ kind: 'unknown' });
    rmSync(keyFile);
    expect(await trust.judge(sectionOf(), workload(registry.host))).toMatchObject({
      ...{ kind: 'unknown', message: expect.stringContaining('`release`') },
    });
  });
});

test('what runs is judged again: told once when its key is replaced, and once when that is mended', async () => {
  registry = await RegistryServer.start(repository);
  const { image, imageRepository, imageDigest } = workload(registry.host);
  const info = testContainer({ id: 'c1', runtime: 'docker', image, imageRepository, imageDigest });
  const found: Detection[] = [];
  let policies = [policyOf()];
  const watch = new TrustWatch({
    hostname: 'node',
    images: new ImageTrust({ state }),
    policies: async () => policies,
    running: async () => [info],
    take: (detections) => void found.push(...detections),
    say: (message) => expect.unreachable(message),
  });
  await watch.look();
  expect(found).toEqual([]);
  writeFileSync(keyFile, newKey().publicKey);
  await watch.look();
  await watch.look();
  expect(found).toMatchObject([
    {
      rule: 'Trust: image is not trusted',
      container: { id: 'c1' },
      output_fields: { 'trust.reason': 'SIGNATURE_KEY_MISMATCH', 'trust.policy': 'test' },
    },
  ]);
  writeFileSync(keyFile, key.publicKey);
  await watch.look();
  expect(found.map(({ rule }) => rule)).toEqual([
    'Trust: image is not trusted',
    'Trust: image is trusted again',
  ]);
  policies = [];
  await watch.look();
  expect(watch.status).toMatchObject({ trusted: 0, untrusted: 0 });
});
