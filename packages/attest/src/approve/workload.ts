import type { ContainerInfo } from '@runward/events';

/** Who a container is, as far as that says what it was made for. */
export type Subject = Pick<ContainerInfo, 'id' | 'name' | 'image' | 'imageRepository'> & {
  readonly pod: Pick<NonNullable<ContainerInfo['pod']>, 'name' | 'namespace'> | undefined;
};

/** What pods of a Deployment, DaemonSet or StatefulSet are named after. */
const OWNER = /^(.+?)(?:-[a-z0-9]{8,10})?-(?:[a-z0-9]{5}|\d+)$/;

/**
 * The keys an approval may have that holds for a container, the most telling first: `workload:shop/web/nginx` of a pod,
 * `container:web` by its name, `image:docker.io/library/nginx`.
 */
export function keysOf({ id, name, imageRepository, pod }: Subject): readonly string[] {
  const keys: string[] = [];
  if (pod !== undefined && pod.name !== '') {
    const owner = OWNER.exec(pod.name)?.[1] ?? pod.name;
    keys.push(`workload:${pod.namespace}/${owner}/${name}`);
  } else keys.push(`container:${name === '' ? id : name}`);
  if (imageRepository !== '') keys.push(`image:${imageRepository}`);
  return keys;
}

/** The workload a container counts to in lists and scores. */
export const workloadOf = (subject: Subject): string => (keysOf(subject)[0] ?? '').replace(/^[a-z]+:/, '');

const SHORTEST_ID = 4;

export interface Choice<T> {
  readonly chosen: readonly T[];
  /** The key an approval of what was named has. */
  readonly key: string;
}

/**
 * The containers a name stands for: one by its name or id, all of a workload, or all of an image. undefined: none.
 */
export function choose<T extends { readonly subject: Subject }>(
  all: readonly T[],
  name: string,
): Choice<T> | undefined {
  const keyOf = (each: T, at: number): string => keysOf(each.subject)[at] ?? '';
  const own = all.filter(({ subject }) => subject.id === name || subject.name === name);
  if (own.length > 0) return { chosen: own, key: own[0] === undefined ? '' : keyOf(own[0], 0) };
  const workload = all.filter(({ subject }) => isOfWorkload(subject, name));
  if (workload[0] !== undefined) return { chosen: workload, key: keyOf(workload[0], 0) };
  const image = all.filter(({ subject }) => isOfImage(subject, name));
  if (image[0] !== undefined) return { chosen: image, key: `image:${image[0].subject.imageRepository}` };
  const begun = name.length < SHORTEST_ID ? [] : all.filter(({ subject }) => subject.id.startsWith(name));
  return begun[0] === undefined ? undefined : { chosen: begun, key: keyOf(begun[0], 0) };
}

function isOfWorkload(subject: Subject, name: string): boolean {
  const { pod } = subject;
  if (pod === undefined) return false;
  const full = workloadOf(subject);
  return (
    full === name ||
    full.startsWith(`${name}/`) ||
    pod.name === name ||
    `${pod.namespace}/${pod.name}` === name
  );
}

const isOfImage = ({ image, imageRepository }: Subject, name: string): boolean =>
  imageRepository !== '' &&
  (image === name || imageRepository === name || imageRepository.split('/').at(-1) === name);
