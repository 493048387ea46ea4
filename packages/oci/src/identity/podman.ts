import { PodmanStorageClient } from '@runward/runtimes/creation';
import type { OciSpec } from '../spec/spec.js';
import { type CreationPlace, type Identity, identity } from './identity.js';

/** `GRAPHROOT/overlay-containers/ID/userdata` */
const BUNDLE = /^(.+)\/[a-z0-9]+-containers\/[0-9a-f]{64}\/userdata$/;

export const isPodman = (spec: OciSpec, { bundle }: CreationPlace): boolean =>
  spec.annotations?.['io.container.manager'] === 'libpod' || BUNDLE.test(bundle);

/** From Podman's storage. Labels given to the container are in its database alone, which is locked meanwhile. */
export async function podmanIdentity({ id, bundle }: CreationPlace): Promise<Identity> {
  const base = { name: id, runtime: 'podman' };
  const root = BUNDLE.exec(bundle)?.[1];
  if (root === undefined) return identity(base, ['image', 'digest', 'name', 'containerLabels'], `${bundle} is in no storage of Podman`); // biome-ignore format: one line
  try {
    const found = await new PodmanStorageClient(root).lookup(id);
    if (found === undefined) throw new Error(`${root} does not have it`);
    const { name, image, imageRepository, imageDigest, labels } = found;
    return identity(
      { ...base, name, image, imageRepository, imageDigest, labels },
      ['containerLabels'],
      'Podman keeps labels of a container where nothing can read them while it starts',
    );
  } catch (problem) {
    const why = problem instanceof Error ? problem.message : String(problem);
    return identity(base, ['image', 'digest', 'name', 'containerLabels'], why);
  }
}
