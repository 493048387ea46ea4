/** Of whose storage a path is, as far as the path itself says so. */
export interface ContainerPath {
  /** An id of a container or of a layer. */
  readonly id: string;
  readonly of: 'container' | 'layer';
  /** Within the container. */
  readonly path: string;
}

/** How runtimes lay out what they mount: where a path holds an id, nothing else than that container is below it. */
const PLACES: readonly { readonly of: ContainerPath['of']; readonly form: RegExp }[] = [
  {
    of: 'container',
    form: /^\/run\/containerd\/io\.containerd\.runtime\.v2\.task\/[^/]+\/([^/]+)\/rootfs(\/.*)$/,
  },
  {
    of: 'container',
    form: /^(?:\/run|\/var\/run)\/(?:docker\/)?containerd\/.*?\/([0-9a-f]{64})\/rootfs(\/.*)$/,
  },
  { of: 'layer', form: /^\/var\/lib\/docker\/overlay2\/([^/]+)\/(?:merged|diff)(\/.*)$/ },
  {
    of: 'layer',
    form: /^(?:\/var\/lib|\/home\/[^/]+\/\.local\/share)\/containers\/storage\/overlay\/([^/]+)\/(?:merged|diff)(\/.*)$/,
  },
  {
    of: 'layer',
    form: /^\/var\/lib\/containerd\/io\.containerd\.snapshotter\.v1\.[a-z]+\/snapshots\/([^/]+)\/fs(\/.*)$/,
  },
];

/** undefined: the path does not say; a container that was already in its own mounts is measured by the path it sees. */
export function containerPath(path: string): ContainerPath | undefined {
  for (const { of, form } of PLACES) {
    const [, id, inside] = form.exec(path) ?? [];
    if (id !== undefined && inside !== undefined) return { id, of, path: inside };
  }
  return undefined;
}
