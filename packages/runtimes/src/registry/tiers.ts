import { dirname } from 'node:path';
import type { ContainerInfo, ContainerRuntime } from '@runward/events';
import { containerOfSpec, readBundleSpec } from '../oci/bundle.js';
import { readHints } from '../oci/hints.js';
import { OciStateClient } from '../oci/state-client.js';
import { PodmanStorageClient } from '../podman/storage-client.js';
import type { RuntimeClient } from '../runtime-client.js';

/** One source that may know a container. */
export interface Source {
  /** For messages: `docker (/run/docker.sock)`. */
  readonly name: string;
  lookup(signal: AbortSignal): Promise<ContainerInfo | undefined>;
}

export interface SourceRequest {
  readonly id: string;
  readonly cgroupPath: string;
  readonly ancestorArgs: readonly (readonly string[])[];
  readonly ancestorCwds?: readonly string[];
  readonly runtime?: ContainerRuntime;
}

/**
 * Who to ask, in which order: every source of a tier at once, the next tier only when that one knows nothing.
 * First the runtime the path names, by its richest protocol; then the rest, unless the path was certain; places
 * learned from command lines last, so that they can never outweigh a configured one.
 */
export function tiersFor(
  clients: readonly RuntimeClient[],
  request: SourceRequest,
): readonly (readonly Source[])[] {
  const { runtime = 'unknown' } = request;
  const fitting = clients.filter((client) => runtime === 'unknown' || client.runtime === runtime);
  const others = runtime === 'containerd' ? clients.filter((client) => isPlain(client)) : [];
  return [
    asks(
      request,
      fitting.filter((client) => client.isFallback !== true),
    ),
    asks(
      request,
      fitting.filter((client) => client.isFallback === true),
    ),
    asks(request, others),
    ...(isHintable(runtime) ? hinted(request) : []),
  ].filter((tier) => tier.length > 0);
}

const isPlain = (client: RuntimeClient): boolean => client.runtime === 'runc' || client.runtime === 'crun';

/** Docker and CRI-O start runc with roots of their own, which know less than their sockets and by another name. */
const isHintable = (runtime: ContainerRuntime): boolean => runtime !== 'docker' && runtime !== 'cri-o';

function hinted(request: SourceRequest): readonly (readonly Source[])[] {
  const { id, runtime = 'unknown' } = request;
  const hints = readHints(id, request.ancestorArgs, request.ancestorCwds);
  const fits = (other: ContainerRuntime): boolean =>
    runtime === other || runtime === 'unknown' || (runtime === 'containerd' && other !== 'podman');
  const ofPodman = hints.bundles.filter((bundle) => bundle.runtime === 'podman');
  const storages = new Set([...hints.podmanRoots, ...ofPodman.map((bundle) => storageOf(bundle.path))]);
  const clients = [
    ...hints.stateRoots.map((root) => new OciStateClient(root.runtime, root.path)),
    ...[...storages].map((root) => new PodmanStorageClient(root)),
  ].filter((client) => fits(client.runtime));
  const bundles = hints.bundles.filter((bundle) => bundle.runtime !== 'podman' && fits(bundle.runtime));
  return [
    asks(request, clients),
    bundles.map((bundle) => ({
      name: `bundle (${bundle.path})`,
      lookup: async () => {
        const spec = await readBundleSpec(bundle.path);
        return spec === undefined ? undefined : containerOfSpec(id, bundle.runtime, spec, bundle.path);
      },
    })),
  ];
}

const asks = ({ id, cgroupPath }: SourceRequest, clients: readonly RuntimeClient[]): readonly Source[] =>
  clients.map((client) => ({
    name: `${client.runtime} (${client.endpoint})`,
    lookup: (signal) => client.lookup(id, signal, cgroupPath),
  }));

/** The storage root above `STORAGE/overlay-containers/ID/userdata`. */
const storageOf = (bundle: string): string => dirname(dirname(dirname(bundle)));
