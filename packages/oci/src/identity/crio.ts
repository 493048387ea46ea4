import { join } from 'node:path';
import { readBundleSpec, splitImageReference } from '@runward/runtimes/creation';
import type { OciSpec } from '../spec/spec.js';
import { type CreationPlace, type Fact, type Identity, identity } from './identity.js';
import { at, parsed, text, textMap } from './json.js';

const KEY = 'io.kubernetes.cri-o';
const DIGEST = /@(sha256:[0-9a-f]{64})$/;

export const isCrio = ({ annotations }: OciSpec): boolean =>
  annotations?.[`${KEY}.ContainerType`] !== undefined;

/** CRI-O writes all it knows into annotations; labels of the pod are with its sandbox, whose bundle lies beside. */
export async function crioIdentity(spec: OciSpec, { id, bundle }: CreationPlace): Promise<Identity> {
  const annotations = spec.annotations ?? {};
  const said = (name: string): string => annotations[`${KEY}.${name}`] ?? '';
  const labels = textMap(parsed(said('Labels')));
  const image = said('ImageName');
  const isSandbox = said('ContainerType') === 'sandbox';
  const pod = isSandbox ? labels : await podLabels(bundle, said('SandboxID'));
  const unknown: Fact[] = pod === undefined ? ['podLabels'] : [];
  return identity(
    {
      name: labels.get('io.kubernetes.container.name') ?? (said('ContainerName') || id),
      runtime: 'cri-o',
      image,
      imageRepository: splitImageReference(image).repository,
      imageDigest: DIGEST.exec(said('ImageRef'))?.[1] ?? DIGEST.exec(image)?.[1] ?? '',
      labels,
      pod: {
        namespace: said('Namespace') || (labels.get('io.kubernetes.pod.namespace') ?? ''),
        labels: pod ?? new Map(),
      },
    },
    unknown,
    pod === undefined ? `the sandbox ${said('SandboxID')} has no bundle beside ${bundle}` : '',
  );
}

/** The folder of a container is `…/overlay-containers/ID/userdata`. */
async function podLabels(
  bundle: string,
  sandboxId: string,
): Promise<ReadonlyMap<string, string> | undefined> {
  if (!/^[0-9a-f]{64}$/.test(sandboxId)) return undefined;
  const spec = await readBundleSpec(join(bundle, '../..', sandboxId, 'userdata')).catch(() => undefined);
  const labels = text(at(spec, 'annotations', `${KEY}.Labels`));
  return labels === '' ? undefined : textMap(parsed(labels));
}
