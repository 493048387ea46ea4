import type { ContainerRuntime } from '@runward/events';
import { OciStateClient } from '../oci/state-client.js';
import { PodmanStorageClient } from '../podman/storage-client.js';
import type { RuntimeClient } from '../runtime-client.js';

/** A unix socket and what is expected to answer on it. */
export interface RuntimeSocket {
  readonly runtime: Exclude<ContainerRuntime, 'runc' | 'crun' | 'unknown'>;
  readonly path: string;
}

/** A folder a runtime keeps its state in: `--root` of runc and crun, the storage root of Podman. */
export interface RuntimeRoot {
  readonly runtime: 'runc' | 'crun' | 'podman';
  readonly path: string;
}

/**
 * Where root's runtimes listen. Sockets that users' own runtimes make are absent on purpose: whoever owns one
 * could answer for any container. Podman stands first because Docker's path may be a link to its socket.
 */
export const DEFAULT_SOCKETS: readonly RuntimeSocket[] = [
  { runtime: 'podman', path: '/run/podman/podman.sock' },
  { runtime: 'docker', path: '/run/docker.sock' },
  { runtime: 'docker', path: '/var/run/docker.sock' },
  { runtime: 'containerd', path: '/run/containerd/containerd.sock' },
  { runtime: 'containerd', path: '/run/k3s/containerd/containerd.sock' },
  { runtime: 'containerd', path: '/run/docker/containerd/containerd.sock' },
  { runtime: 'containerd', path: '/var/snap/microk8s/common/run/containerd.sock' },
  { runtime: 'cri-o', path: '/run/crio/crio.sock' },
];

export const DEFAULT_ROOTS: readonly RuntimeRoot[] = [
  { runtime: 'runc', path: '/run/runc' },
  { runtime: 'crun', path: '/run/crun' },
  { runtime: 'podman', path: '/var/lib/containers/storage' },
];

export interface ClientOptions {
  readonly timeoutMs: number;
}

/**
 * The clients that speak to a socket; containerd answers on one socket to two protocols. Loaded for sockets that
 * exist: what speaks HTTP/2 takes several MiB and tens of milliseconds.
 */
export async function clientsOfSocket(
  socket: RuntimeSocket,
  options: ClientOptions,
): Promise<readonly RuntimeClient[]> {
  switch (socket.runtime) {
    case 'docker':
    case 'podman': {
      const { DockerClient } = await import('../docker/docker-client.js');
      return [new DockerClient(socket.runtime, socket.path, options)];
    }
    case 'cri-o': {
      const { CriClient } = await import('../cri/cri-client.js');
      return [new CriClient('cri-o', socket.path, options)];
    }
    case 'containerd': {
      const { CriClient } = await import('../cri/cri-client.js');
      const { ContainerdClient } = await import('../containerd/containerd-client.js');
      return [new CriClient('containerd', socket.path, options), new ContainerdClient(socket.path, options)];
    }
  }
}

export const clientOfRoot = (root: RuntimeRoot): RuntimeClient =>
  root.runtime === 'podman'
    ? new PodmanStorageClient(root.path)
    : new OciStateClient(root.runtime, root.path);
