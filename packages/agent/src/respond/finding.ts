import type { Detection } from '@runward/detect';
import type { ContainerInfo } from '@runward/events';
import type { Finding, FoundContainer } from '@runward/respond/playbooks';

/** What playbooks are told of a detection; undefined outside containers, where nothing is responded to. */
export function findingOf(detection: Detection, known: ContainerInfo | undefined): Finding | undefined {
  const { container, rule, priority, tags, source, time, process, count = 1 } = detection;
  if (container === null) return undefined;
  return {
    ...{ rule, priority, tags, source, pid: process.pid },
    timeMs: Date.parse(time),
    // Of a group the first was told when it came.
    count: Math.max(1, detection.limited === true ? count : count - (detection.count === undefined ? 0 : 1)),
    container: known === undefined ? asTold(container) : foundContainer(known),
  };
}

export const foundContainer = (info: ContainerInfo): FoundContainer => ({
  ...{ id: info.id, name: info.name, runtime: info.runtime, image: info.image, labels: info.labels },
  ...{ imageRepository: info.imageRepository, imageDigest: info.imageDigest, podName: info.pod?.name ?? '' },
  pod: info.pod && { namespace: info.pod.namespace, labels: info.pod.labels },
  known: info.metadata === 'complete' ? 'all' : 'id',
});

/** A detection itself says no labels. */
const asTold = (container: NonNullable<Detection['container']>): FoundContainer => ({
  ...{ id: container.id, name: container.name, runtime: container.runtime, image: container.image },
  ...{ imageRepository: container.image.replace(/(?:@sha256:[0-9a-f]+|:[^:/]*)$/, ''), labels: new Map() },
  ...{ imageDigest: container.imageDigest, podName: container.pod },
  pod: container.pod === '' ? undefined : { namespace: container.namespace, labels: new Map() },
  known: container.problem === '' ? 'names' : 'id',
});
