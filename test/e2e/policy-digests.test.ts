import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requireRuntime, runtimes, type TestContainer, testImage, uniqueName } from './harness/index.js';
import { poll } from './harness/process.js';
import { ProtectedHost } from './servers/protected-host.js';

const host = new ProtectedHost();
const runtime = runtimes.runc();
const name = uniqueName('digests');
const EXERCISE = '/usr/local/bin/exercise';
let container: TestContainer;
let digestOf: (path: string) => string;

async function apply(process: string): Promise<void> {
  const path = join(host.folder, 'digests.yaml');
  writeFileSync(
    path,
    `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata: {name: digests}
spec:
  selector: {containerNames: ['${name}']}
  mode: protect
  process:
${process.replace(/^/gm, '    ')}
`,
  );
  await host.tell('policy', 'apply', path);
}

const runs = async (...args: readonly string[]): Promise<boolean> => (await container.exec(args)).code === 0;
/** Hashing goes on in the background. */
const becomes = (wanted: boolean, ...args: readonly string[]): Promise<true | undefined> =>
  poll(async () => (await runs(...args)) === wanted || undefined, 20_000, 200);

describe('lines with sha256', () => {
  beforeAll(async () => {
    if ((await runtime.available()) !== undefined) return;
    const { rootfs } = await testImage();
    digestOf = (path) =>
      createHash('sha256')
        .update(readFileSync(join(rootfs, path)))
        .digest('hex');
    await host.start();
    container = await runtime.start({ name, args: ['sleep', '600'] });
  });
  beforeEach((test) => requireRuntime(runtime, test));
  afterAll(async () => {
    await runtime.close();
    await host.ask('policy', 'detach', '--all');
    await host.close();
  });

  it('deny a program by what it contains, whatever it is called', async () => {
    await apply(`onFailure: open\ndeny:\n  - {glob: "/**", sha256: [${digestOf(EXERCISE)}]}`);
    expect(await becomes(false, 'exercise', 'read', '/etc/hosts')).toBe(true);
    expect(await runs('cat', '/etc/hosts')).toBe(true);
  });

  it('let a copy that nobody has hashed start once where the section fails open, and not again', async () => {
    expect(await runs('cp', EXERCISE, '/tmp/harmless')).toBe(true);
    expect(await runs('/tmp/harmless', 'read', '/etc/hosts')).toBe(true);
    expect(await becomes(false, '/tmp/harmless', 'read', '/etc/hosts')).toBe(true);
  });

  it('deny it at once where the section fails closed', async () => {
    await apply(`onFailure: closed\ndeny:\n  - {glob: "/**", sha256: [${digestOf(EXERCISE)}]}`);
    expect(await runs('cp', EXERCISE, '/tmp/again')).toBe(true);
    expect(await runs('/tmp/again', 'read', '/etc/hosts')).toBe(false);
  });

  it('allow a program only as long as it is the one', async () => {
    await apply(
      `onFailure: closed\ndefault: deny\nallow:\n  - {glob: "/**", sha256: [${digestOf('/bin/busybox')}]}`,
    );
    expect(await becomes(true, 'cat', '/etc/hosts')).toBe(true);
    expect(await runs('exercise', 'read', '/etc/hosts')).toBe(false);
    expect(await runs('cp', '/bin/busybox', '/tmp/busybox')).toBe(true);
    expect(await becomes(true, '/tmp/busybox', 'true')).toBe(true);
    expect(await runs('sh', '-c', 'echo >>/tmp/busybox')).toBe(true);
    expect(await runs('/tmp/busybox', 'true')).toBe(false);
  });
});
