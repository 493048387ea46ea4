import { ContainerdCriRuntime } from './containerd-cri.js';
import { ContainerdNativeRuntime } from './containerd-native.js';
import { DockerRuntime } from './docker.js';
import type { Wrap } from './fitted-runtime.js';
import { OciRuntime } from './oci-runtime.js';
import { PodmanRuntime } from './podman.js';
import type { TestRuntime } from './runtime.js';

export { type TestImage, testImage } from './images.js';
export type { ContainerOptions, FinishedContainer, Mount, TestContainer, TestRuntime } from './runtime.js';
export { uniqueName } from './runtime.js';

export type RuntimeName = 'runc' | 'crun' | 'containerd-cri' | 'containerd' | 'docker' | 'podman';

/**
 * Every runtime the product knows; each call makes a starter of its own, which its user closes. `wrap` puts something
 * in front of the OCI runtime it uses.
 */
export const runtimes: Readonly<Record<RuntimeName, (wrap?: Wrap) => TestRuntime>> = {
  runc: (wrap) => new OciRuntime('runc', wrap),
  crun: (wrap) => new OciRuntime('crun', wrap),
  'containerd-cri': (wrap) => new ContainerdCriRuntime(wrap),
  containerd: (wrap) => new ContainerdNativeRuntime(wrap),
  docker: (wrap) => new DockerRuntime(wrap),
  podman: (wrap) => new PodmanRuntime(wrap),
};

/**
 * For `beforeEach`: skips the test with the reason if the runtime cannot run here. Where CI runs it, a missing
 * runtime is a failure: a suite that tests less than it says must not pass.
 */
export async function requireRuntime(
  runtime: TestRuntime,
  test: { skip(note?: string): void },
): Promise<void> {
  const reason = await runtime.available();
  if (reason === undefined) return;
  if (process.env.CI) throw new Error(`${runtime.name} cannot run here: ${reason}`);
  test.skip(`${runtime.name}: ${reason}`);
}
