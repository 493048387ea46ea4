import { ContainerdCriRuntime } from './containerd-cri.js';
import { ContainerdNativeRuntime } from './containerd-native.js';
import { DockerRuntime } from './docker.js';
import { OciRuntime } from './oci-runtime.js';
import { PodmanRuntime } from './podman.js';
import type { TestRuntime } from './runtime.js';

export { type TestImage, testImage } from './images.js';
export type { ContainerOptions, FinishedContainer, Mount, TestContainer, TestRuntime } from './runtime.js';
export { uniqueName } from './runtime.js';

/** Every runtime the product knows; each call makes a starter of its own, which its user closes. */
export const runtimes = {
  runc: () => new OciRuntime('runc'),
  crun: () => new OciRuntime('crun'),
  'containerd-cri': () => new ContainerdCriRuntime(),
  containerd: () => new ContainerdNativeRuntime(),
  docker: () => new DockerRuntime(),
  podman: () => new PodmanRuntime(),
} as const satisfies Record<string, () => TestRuntime>;

export type RuntimeName = keyof typeof runtimes;
