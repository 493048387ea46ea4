import { splitImageReference } from '@runward/runtimes/creation';
import type { OciSpec } from '../spec/spec.js';
import { type CreationPlace, type Fact, type Identity, identity } from './identity.js';

const KEY = 'io.kubernetes.cri';
/** `…/io.containerd.runtime.v2.task/NAMESPACE/ID` */
const BUNDLE = /\/io\.containerd\.runtime\.v2\.task\/[^/]+\/[^/]+$/;
const DEFAULT_SOCKET = '/run/containerd/containerd.sock';
/** Its store answers in milliseconds; a container must not wait long for one that hangs. */
const TIMEOUT_MS = 1_000;

export const isContainerd = ({ annotations }: OciSpec, { bundle }: CreationPlace): boolean =>
  annotations?.[`${KEY}.container-type`] !== undefined || BUNDLE.test(bundle);

/**
 * From annotations of the CRI plug-in, and from containerd's own store, which has a container before it runs and
 * answers while one starts: image, digest, labels, and labels of the pod, which are those of its sandbox.
 */
export async function containerdIdentity(spec: OciSpec, place: CreationPlace): Promise<Identity> {
  const said = (name: string): string => spec.annotations?.[`${KEY}.${name}`] ?? '';
  const sandboxId = said('sandbox-id');
  const isPod = said('container-type') !== '';
  const image = said('image-name');
  const named = {
    name: said('container-name') || (isPod ? '' : place.id),
    runtime: 'containerd',
    image,
    imageRepository: splitImageReference(image).repository,
  };
  const namespace = said('sandbox-namespace');
  try {
    const { ContainerdClient } = await import('@runward/runtimes/containerd');
    const client = new ContainerdClient(socketOf(place.parentArgs), { timeoutMs: TIMEOUT_MS });
    try {
      const [found, sandbox] = await Promise.all([
        client.lookup(place.id),
        isPod && sandboxId !== '' && sandboxId !== place.id ? client.lookup(sandboxId) : undefined,
      ]);
      if (found === undefined) throw new Error(`${client.endpoint} does not know it`);
      const podLabels = said('container-type') === 'sandbox' ? found.labels : sandbox?.labels;
      return identity(
        {
          ...named,
          image: image || found.image,
          imageRepository: named.imageRepository || found.imageRepository,
          imageDigest: found.imageDigest,
          labels: found.labels,
          pod: isPod ? { namespace, labels: podLabels ?? new Map() } : undefined,
        },
        isPod && podLabels === undefined ? ['podLabels'] : [],
        isPod && podLabels === undefined ? `${client.endpoint} does not know the sandbox ${sandboxId}` : '',
      );
    } finally {
      client.close();
    }
  } catch (problem) {
    const why = problem instanceof Error ? problem.message : String(problem);
    const unknown: Fact[] = [...(image === '' ? (['image'] as const) : []), 'digest', 'containerLabels', ...(isPod ? (['podLabels'] as const) : [])]; // biome-ignore format: one line
    return identity({ ...named, pod: isPod ? { namespace, labels: new Map() } : undefined }, unknown, why);
  }
}

/** The shim that calls the runtime was told where its containerd listens. */
function socketOf(parentArgs: readonly string[]): string {
  const at = parentArgs.findIndex((word) => word === '-address' || word === '--address');
  const socket = at === -1 ? undefined : parentArgs[at + 1];
  return socket?.startsWith('/') ? socket.replace(/\.ttrpc$/, '') : DEFAULT_SOCKET;
}
