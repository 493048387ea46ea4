import type { ContainerInfo, ContainerRuntime, MountInfo } from '@runward/events';
import { blankContainer } from '../container-info.js';
import { splitDockerReference, splitImageReference } from '../image/image-reference.js';
import { at, boolean, list, record, text, textMap, texts } from '../io/json.js';
import { parseTimestampNs } from '../io/time.js';
import { podOfLabels } from '../pod.js';
import { probesOf } from '../probes.js';

/**
 * A container from the answers of the Docker Engine API (v1.24 and newer, which Podman speaks as well) to
 * `/containers/ID/json` and `/images/ID/json`.
 */
export function containerOfInspect(
  runtime: ContainerRuntime,
  inspect: unknown,
  image: unknown,
): ContainerInfo {
  const id = text(at(inspect, 'Id'));
  const config = at(inspect, 'Config');
  const host = at(inspect, 'HostConfig');
  const labels = textMap(at(config, 'Labels'));
  return {
    ...blankContainer(id, runtime),
    ...imageFacts(text(at(config, 'Image')), text(at(inspect, 'Image')), image),
    name: text(at(inspect, 'Name')).replace(/^\//, ''),
    privileged: boolean(at(host, 'Privileged')),
    mounts: list(at(inspect, 'Mounts')).map(readMount),
    labels,
    env: texts(at(config, 'Env')),
    user: text(at(config, 'User')),
    ip: addressOf(at(inspect, 'NetworkSettings')),
    createdAtNs: parseTimestampNs(at(inspect, 'Created')),
    startedAtNs: parseTimestampNs(at(inspect, 'State', 'StartedAt')),
    hostPid: at(host, 'PidMode') === 'host',
    hostNetwork: at(host, 'NetworkMode') === 'host',
    hostIpc: at(host, 'IpcMode') === 'host',
    ...healthcheckOf(config),
    ...probesOf(labels, labels.get('io.kubernetes.container.name') ?? ''),
    pod: podOfLabels(labels),
  };
}

function healthcheckOf(config: unknown): Pick<ContainerInfo, 'healthcheck'> {
  const test = texts(at(config, 'Healthcheck', 'Test'));
  return test.length === 0 ? {} : { healthcheck: test };
}

type ImageFacts = Pick<ContainerInfo, 'image' | 'imageRepository' | 'imageTag' | 'imageDigest' | 'imageId'>;

/** A container made from a bare image id is named by the image's first tag, if it has one. */
function imageFacts(given: string, imageId: string, image: unknown): ImageFacts {
  const parts = splitDockerReference(given);
  const tagged = parts.repository === '' ? (texts(at(image, 'RepoTags'))[0] ?? '') : given;
  const { repository, tag, digest } = tagged === given ? parts : splitDockerReference(tagged);
  return {
    image: tagged === '' ? given : tagged,
    imageRepository: repository,
    imageTag: tag,
    imageDigest: digest === '' ? digestFor(repository, texts(at(image, 'RepoDigests'))) : digest,
    imageId: imageId.startsWith('sha256:') || imageId === '' ? imageId : `sha256:${imageId}`,
  };
}

/** The digest under which this repository knows the image; another repository's when it has none of its own. */
export function digestFor(repository: string, repoDigests: readonly string[]): string {
  const split = repoDigests.map(splitImageReference);
  return (split.find((each) => each.repository === repository) ?? split[0])?.digest ?? '';
}

const readMount = (mount: unknown): MountInfo => ({
  source: text(at(mount, 'Source')),
  destination: text(at(mount, 'Destination')),
  mode: text(at(mount, 'Mode')),
  readWrite: at(mount, 'RW') === true,
  propagation: text(at(mount, 'Propagation')),
});

function addressOf(settings: unknown): string {
  const direct = text(at(settings, 'IPAddress'));
  if (direct !== '') return direct;
  const addresses = Object.values(record(at(settings, 'Networks'))).map((net) => text(at(net, 'IPAddress')));
  return addresses.find((address) => address !== '') ?? '';
}
