import { dirname, join } from 'node:path';
import { readJsonFile, splitDockerReference } from '@runward/runtimes/creation';
import type { OciSpec } from '../spec/spec.js';
import { type CreationPlace, type Fact, type Identity, identity } from './identity.js';
import { at, text, textMap } from './json.js';

/** Docker's containerd has its containers in the namespace `moby`. */
const BUNDLE = /\/moby\/[0-9a-f]{64}$/;
/** Files of Docker's own that it binds into the container lie beside its description. */
const OWN_FILES: ReadonlySet<string> = new Set(['/etc/hostname', '/etc/hosts', '/etc/resolv.conf']);
const DEFAULT_ROOT = '/var/lib/docker';

export const isDocker = ({ bundle }: CreationPlace): boolean => BUNDLE.test(bundle);

/**
 * From the description Docker keeps of each container, `containers/ID/config.v2.json` below its data folder. Its
 * API would wait for the start that is under way.
 */
export async function dockerIdentity(spec: OciSpec, { id }: CreationPlace): Promise<Identity> {
  const problems: string[] = [];
  for (const folder of candidates(spec, id)) {
    try {
      const description = await readJsonFile(join(folder, 'config.v2.json'));
      if (text(at(description, 'ID')) === id) return await describe(description, folder);
      problems.push(`${folder} does not describe it`);
    } catch (problem) {
      problems.push(problem instanceof Error ? problem.message : String(problem));
    }
  }
  const unknown: Fact[] = ['image', 'digest', 'name', 'containerLabels'];
  return identity({ name: id, runtime: 'docker' }, unknown, problems.join('; '));
}

function candidates(spec: OciSpec, id: string): readonly string[] {
  const own = (spec.mounts ?? [])
    .filter(({ destination }) => OWN_FILES.has(destination))
    .map(({ source }) => dirname(source ?? ''))
    .filter((folder) => folder.endsWith(`/containers/${id}`));
  return [...new Set([...own, join(DEFAULT_ROOT, 'containers', id)])];
}

async function describe(description: unknown, folder: string): Promise<Identity> {
  const image = text(at(description, 'Config', 'Image'));
  const { repository, digest } = splitDockerReference(image);
  const imageId = text(at(description, 'Image'));
  return identity({
    name: text(at(description, 'Name')).replace(/^\//, ''),
    runtime: 'docker',
    image,
    imageRepository: repository,
    imageDigest: digest === '' ? await digestOf(folder, imageId, repository) : digest,
    labels: textMap(at(description, 'Config', 'Labels')),
    pod: undefined,
  });
}

/** The digest under which the image was pulled, from the list Docker keeps of its tags; '' for one built here. */
async function digestOf(folder: string, imageId: string, repository: string): Promise<string> {
  for (const driver of ['overlay2', 'overlayfs', 'vfs', 'fuse-overlayfs', 'btrfs', 'zfs']) {
    const path = join(folder, '../../image', driver, 'repositories.json');
    const references = at(await readJsonFile(path).catch(() => undefined), 'Repositories', repository);
    for (const [reference, target] of textMap(references)) {
      const digest = splitDockerReference(reference).digest;
      if (digest !== '' && target === imageId) return digest;
    }
  }
  return '';
}
