import type { ContainerInfo } from '@runward/events';
import type { Watch } from '@runward/integrity';
import { textMatcher } from '@runward/policy/pattern';

/** The watches that are for a container: by its name, image, repository or pod. */
export const watchesOf = (
  watches: readonly Watch[],
  { name, image, imageRepository, pod }: ContainerInfo,
): readonly Watch[] => {
  const names = [
    name,
    image,
    imageRepository,
    ...(pod === undefined ? [] : [pod.name, `${pod.namespace}/${pod.name}`]),
  ];
  return watches.filter(
    ({ where, containers }) =>
      where === 'containers' &&
      (containers.length === 0 ||
        containers.some((text) => names.some((each) => each !== '' && textMatcher(text)(each)))),
  );
};
