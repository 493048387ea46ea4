import { writeFileSync } from 'node:fs';
import { newKey, signKeyless, signWithKey, TestRepository, TestSigstore } from '@runward/trust/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from './harness/asked-agent.js';
import { DockerRegistry } from './harness/docker-registry.js';
import { testImage } from './harness/images.js';
import { must, run } from './harness/process.js';
import { Scratch } from './harness/scratch.js';

const scratch = new Scratch('image');
const key = newKey();
const identity = { subject: 'https://github.com/acme/app/release.yml', issuer: 'https://issuer.test' };
let registry: DockerRegistry;
let keyFile: string;

interface Verdict {
  readonly trusted: boolean;
  readonly digest: string;
  readonly problems: readonly { readonly code: string }[];
}

async function verify(
  ...args: readonly string[]
): Promise<{ code: number; verdict: Verdict; stderr: string }> {
  const { code, stdout, stderr } = await run(command, ['image', 'verify', '--json', ...args]);
  return { code, stderr, verdict: JSON.parse(stdout || '{}') as Verdict }; // its own output
}

beforeAll(async () => {
  keyFile = scratch.below('key.pub');
  writeFileSync(keyFile, key.publicKey);
  registry = await DockerRegistry.start(scratch.path);
});
afterAll(async () => {
  await registry?.stop();
  await scratch.remove();
});

describe('runward image verify over a real registry', () => {
  it('trusts what is signed, and says of the rest which check failed', async () => {
    const sigstore = await TestSigstore.create();
    const root = scratch.below('root.json');
    writeFileSync(root, sigstore.trustedRoot);
    const repository = new TestRepository();
    const signed = repository.image({ tag: 'signed' });
    repository.image({ tag: 'unsigned', layers: [{ a: 'unsigned' }] });
    const replayed = repository.image({ tag: 'replayed', layers: [{ a: 'replayed' }] });
    const keyless = repository.image({ tag: 'keyless', layers: [{ a: 'keyless' }] });
    signWithKey(repository, signed, key);
    signWithKey(repository, replayed, key, { about: signed.digest });
    await signKeyless(repository, keyless, sigstore, identity);
    await registry.push(repository, 'team/app');
    const at = (tag: string) => `${registry.host}/team/app${tag}`;

    const good = await verify(at(':signed'), '--key', keyFile);
    expect(good).toMatchObject({ code: 0, verdict: { trusted: true, digest: signed.digest } });
    const byIdentity = ['--certificate-oidc-issuer', identity.issuer, '--trusted-root', root];
    expect(
      await verify(at(':keyless'), '--certificate-identity', 'https://github.com/acme/app/*', ...byIdentity),
    ).toMatchObject({ code: 0 });
    for (const [reference, code, ...options] of [
      [at(':unsigned'), 'IMAGE_UNSIGNED', '--key', keyFile],
      [at(':replayed'), 'SIGNATURE_OF_ANOTHER_IMAGE', '--key', keyFile],
      [
        at(':keyless'),
        'SIGNATURE_IDENTITY_MISMATCH',
        '--certificate-identity',
        'https://github.com/evil/*',
        ...byIdentity,
      ],
      // The tag was moved since its digest was approved.
      [at(':unsigned'), 'IMAGE_TAG_MOVED', '--digest', signed.digest],
      [at(':signed'), 'IMAGE_REGISTRY_REFUSED', '--registry', 'elsewhere.test/*'],
    ] as const) {
      const { code: exit, verdict } = await verify(reference, ...options);
      expect([exit, verdict.problems.map((problem) => problem.code)]).toEqual([1, [code]]);
    }

    const policy = scratch.below('policy.yaml');
    writeFileSync(
      policy,
      `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata: {name: team}
spec:
  selector: {images: ['*/team/*']}
  trust:
    signers: [{name: release, keyFile: ${keyFile}}]
`,
    );
    const judged = await run(command, ['image', 'verify', at(':signed'), '--policy', policy]);
    expect([judged.code, judged.stdout]).toEqual([0, expect.stringContaining('team: ')]);
    expect((await run(command, ['image', 'verify', at(':unsigned'), '--policy', policy])).code).toBe(1);

    // Swapped where the registry keeps it.
    writeFileSync(registry.blobFile(signed.digest), '{"schemaVersion":2,"layers":[]}');
    const swapped = await verify(at(`@${signed.digest}`), '--key', keyFile);
    expect(swapped.code).toBe(1);
    expect(swapped.stderr).toContain('[IMAGE_CONTENT_CHANGED]');
  });

  it('compares the inventory of an image that skopeo pushed with a changed root', async () => {
    const image = await testImage();
    const to = `${registry.host}/tools:1`;
    await must('skopeo', [
      'copy',
      '--dest-tls-verify=false',
      `oci-archive:${image.archive}`,
      `docker://${to}`,
    ]);
    const same = await run(command, ['image', 'inventory', to, '--compare', image.rootfs, '--json']);
    expect(JSON.parse(same.stdout)).toMatchObject({ drifted: [], removed: [] });
    expect(same.code).toBe(0);
    const archived = await run(command, ['image', 'inventory', '--archive', image.archive]);
    expect(archived.stdout).toContain('/bin/busybox');
  });

  it('refuses to ask for nothing, and an identity that matches everybody', async () => {
    const { code, stderr } = await run(command, ['image', 'verify', 'app']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('nothing is asked')]);
    const all = await run(command, [
      ...['image', 'verify', 'app', '--certificate-identity', 'https://github.com/*'],
      ...['--certificate-oidc-issuer', 'https://issuer.test', '--trusted-root', keyFile],
    ]);
    expect([all.code, all.stderr]).toEqual([2, expect.stringContaining('matches everybody')]);
  });
});
