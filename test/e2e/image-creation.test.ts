import { writeFileSync } from 'node:fs';
import { newKey, signWithKey, TestRepository } from '@runward/trust/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestAgent } from './harness/agent.js';
import { DockerRegistry } from './harness/docker-registry.js';
import { testImage } from './harness/images.js';
import { type RuntimeName, requireRuntime, runtimes } from './harness/index.js';
import { must } from './harness/process.js';
import { Scratch } from './harness/scratch.js';
import { WrapperPlace } from './runtime-wrapper.js';

const scratch = new Scratch('trust');
const place = new WrapperPlace();
const key = newKey();
const keyFile = scratch.below('release.pub');
let registry: DockerRegistry;
let agent: TestAgent;
let signed: string;
let unsigned: string;

const names: readonly RuntimeName[] = ['runc', 'containerd', 'docker', 'podman'];
const made = new Map(names.map((name) => [name, runtimes[name](place.wrap)]));

/** The reference with its digest, after `name` was pushed under it. */
async function push(name: string): Promise<{ readonly reference: string; readonly digest: string }> {
  const { archive } = await testImage(name);
  const to = `${registry.host}/team/${name}:1`;
  await must('skopeo', ['copy', '--dest-tls-verify=false', `oci-archive:${archive}`, `docker://${to}`]);
  const answer = await must('skopeo', [
    'inspect',
    '--tls-verify=false',
    '--format',
    '{{.Digest}}',
    `docker://${to}`,
  ]);
  const digest = answer.trim();
  return { reference: `${to.slice(0, -2)}@${digest}`, digest };
}

beforeAll(async () => {
  writeFileSync(keyFile, key.publicKey);
  registry = await DockerRegistry.start(scratch.path);
  const good = await push('tools');
  ({ reference: signed } = good);
  ({ reference: unsigned } = await push('unsigned'));
  const signature = new TestRepository();
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  signWithKey(signature, { mediaType, digest: good.digest, size: 0 }, key);
  await registry.push(signature, 'team/tools');
  place.apply({
    team: `selector:
  images: ['*/team/*']
trust:
  mode: protect
  onFailure: closed
  signers: [{name: release, keyFile: ${keyFile}}]
`,
  });
  agent = await place.startAgent();
});
afterAll(async () => {
  for (const runtime of made.values()) await runtime.close();
  await place.close();
  await registry?.stop();
  await scratch.remove();
});

describe.each(names)('an image that has to be signed, under %s', (name) => {
  const runtime = made.get(name) ?? runtimes[name](place.wrap);

  it('starts when it is, and does not when it is not', async (test) => {
    await requireRuntime(runtime, test);
    const done = await runtime.runToEnd({ image: signed, args: ['echo', 'signed'] });
    expect(done).toMatchObject({ code: 0, stdout: 'signed\n' });
    const refused = await runtime
      .runToEnd({ image: unsigned, args: ['echo', 'unsigned'] })
      .catch((error: unknown) => ({ code: 125, stdout: '', stderr: String(error) }));
    expect(refused.code).not.toBe(0);
    expect(refused.stdout).not.toContain('unsigned');
    expect(refused.stderr).toMatch(/IMAGE_UNSIGNED/);
    // What no policy is about starts as ever.
    expect(await runtime.runToEnd({ args: ['echo', 'other'] })).toMatchObject({ code: 0, stdout: 'other\n' });
  });
});

describe('what runs already', () => {
  it('is told when the key of its signature is replaced', async (test) => {
    const runtime = made.get('runc') ?? runtimes.runc(place.wrap);
    await requireRuntime(runtime, test);
    const refusal = await agent.until(({ rule }) => rule === 'Trust: image refused');
    expect(refusal.output_fields).toMatchObject({ 'trust.reason': 'IMAGE_UNSIGNED', 'trust.policy': 'team' });
    const container = await runtime.start({ image: signed, args: ['sleep', '600'] });
    try {
      writeFileSync(keyFile, newKey().publicKey);
      const told = await agent.until(
        ({ rule, output_fields: fields }) =>
          rule === 'Trust: image is not trusted' && fields['container.name'] === container.name,
        100_000,
      );
      expect(told.output_fields).toMatchObject({ 'trust.reason': 'SIGNATURE_KEY_MISMATCH' });
    } finally {
      await container.remove();
    }
  });
});
