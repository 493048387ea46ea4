import type { FieldSpec } from '../field.js';
import type { ContainerInfo, MountInfo } from '../model.js';
import type { Owned } from '../view.js';
import { probeContainerFields } from './probes.js';
import { key, known, PER_PROCESS, position, rowsFrom } from './spec.js';
import { globMatches } from './text.js';

const cgroup = rowsFrom<Owned>('the cgroup of the process');
const runtime = rowsFrom<Owned>('the container runtime');

type Fact<T> = (container: ContainerInfo) => T | undefined;

/** A fact about the container; the host has none. */
const fact =
  <T>(of: Fact<T>) =>
  ({ container }: Owned): T | undefined =>
    container === undefined ? undefined : of(container);

const text = (of: Fact<string>) => fact((c) => known(of(c)));

/** The length container ids are shown in. */
const SHORT_ID = 12;
export const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, SHORT_ID);

/** Containers of a node come and go; so many short ids are kept, not made anew for each event. */
const MAX_SHORT_IDS = 1024;
const shortIds = new Map<string, string>();

function shownId(id: string): string {
  const known = shortIds.get(id);
  if (known !== undefined) return known;
  if (shortIds.size >= MAX_SHORT_IDS) shortIds.clear();
  const short = id.slice(0, SHORT_ID);
  shortIds.set(id, short);
  return short;
}

/** `a:1, b:2`. */
export const labelList = (labels: ReadonlyMap<string, string>): string | undefined =>
  labels.size === 0 ? undefined : [...labels].map(([name, value]) => `${name}:${value}`).join(', ');

const readWrite = (m: MountInfo): string => String(m.readWrite);
const spelled = (m: MountInfo): string =>
  `${m.source}:${m.destination}:${m.mode}:${readWrite(m)}:${m.propagation}`;

/**
 * A text rather than nothing when no mount matches: rules ask `container.mount.dest[/etc] != "N/A"` and
 * `not … in ("N/A")`, and both must be false then.
 */
const NO_MOUNT = 'N/A';

const MOUNT = (side: string) =>
  key(true, `position of the mount, or its ${side}; \`*\` and \`?\` stand for any text and any character`);

const mountField = (
  name: string,
  doc: string,
  side: 'source' | 'destination',
  pick: (m: MountInfo) => string,
): FieldSpec<Owned> =>
  runtime(
    name,
    'string',
    `${doc}; \`${NO_MOUNT}\` when there is no such mount`,
    ({ container }, which) => {
      if (which === undefined || container === undefined) return NO_MOUNT;
      const at = position(which);
      const found =
        at === undefined
          ? container.mounts.find((m) => globMatches(String(which), m[side]))
          : container.mounts[at];
      return found === undefined ? NO_MOUNT : pick(found);
    },
    { perProcess: true, argument: MOUNT(side) },
  );

const identity: readonly FieldSpec<Owned>[] = [
  cgroup(
    'container.id',
    'string',
    'first 12 characters of the container id; `host` outside containers',
    (v) => (v.container === undefined ? 'host' : shownId(v.container.id)),
    PER_PROCESS,
  ),
  cgroup(
    'container.full_id',
    'string',
    'container id; `host` outside containers',
    (v) => v.container?.id ?? 'host',
    PER_PROCESS,
  ),
  runtime(
    'container.name',
    'string',
    'name of the container; `host` outside containers',
    (v) => (v.container === undefined ? 'host' : known(v.container.name)),
    PER_PROCESS,
  ),
  runtime(
    'container.type',
    'string',
    'runtime: `containerd`, `cri-o`, `docker`, `podman`, `runc`, `crun` or `unknown`; `host` outside containers',
    (v) => v.container?.runtime ?? 'host',
    PER_PROCESS,
  ),
  runtime(
    'container.metadata',
    'string',
    '`complete` when the runtime described the container, `path-only` when only its cgroup is known',
    fact((c) => c.metadata),
    PER_PROCESS,
  ),
];

const image: readonly FieldSpec<Owned>[] = [
  runtime(
    'container.image',
    'string',
    'image reference as given to the runtime',
    text((c) => c.image),
    PER_PROCESS,
  ),
  runtime(
    'container.image.repository',
    'string',
    'image without tag and digest',
    text((c) => c.imageRepository),
    PER_PROCESS,
  ),
  runtime(
    'container.image.tag',
    'string',
    'tag of the image',
    text((c) => c.imageTag),
    PER_PROCESS,
  ),
  runtime(
    'container.image.digest',
    'string',
    'digest of the image, `sha256:…`',
    text((c) => c.imageDigest),
    PER_PROCESS,
  ),
  runtime(
    'container.image.id',
    'string',
    'first 12 characters of the image id',
    text((c) => shortId(c.imageId)),
    PER_PROCESS,
  ),
];

const settings: readonly FieldSpec<Owned>[] = [
  runtime(
    'container.privileged',
    'bool',
    'the container is privileged',
    fact((c) => c.privileged),
    PER_PROCESS,
  ),
  runtime(
    'container.user',
    'string',
    'user the container was configured to run as',
    text((c) => c.user),
    PER_PROCESS,
  ),
  runtime(
    'container.ip',
    'string',
    'address of the container',
    text((c) => c.ip),
    PER_PROCESS,
  ),
  runtime(
    'container.cni.json',
    'string',
    'the same as `k8s.pod.cni.json`',
    fact((c) => known(c.pod?.cni)),
    PER_PROCESS,
  ),
  runtime(
    'container.host_pid',
    'bool',
    'the container uses the pid namespace of the host',
    fact((c) => c.hostPid),
    PER_PROCESS,
  ),
  runtime(
    'container.host_network',
    'bool',
    'the container uses the network namespace of the host',
    fact((c) => c.hostNetwork),
    PER_PROCESS,
  ),
  runtime(
    'container.host_ipc',
    'bool',
    'the container uses the IPC namespace of the host',
    fact((c) => c.hostIpc),
    PER_PROCESS,
  ),
  runtime(
    'container.label',
    'string',
    'value of a label',
    ({ container }, name) => container?.labels.get(String(name)),
    { perProcess: true, argument: key(true, 'name of the label') },
  ),
  runtime(
    'container.labels',
    'string',
    'all labels, `name:value` separated by commas',
    fact((c) => labelList(c.labels)),
    PER_PROCESS,
  ),
  runtime(
    'container.env',
    'string',
    'environment the container was configured with, one value per variable',
    fact((c) => c.env),
    { list: true, perProcess: true },
  ),
  runtime(
    'container.start_ts',
    'time',
    'when the container started',
    fact((c) => c.startedAtNs || undefined),
    PER_PROCESS,
  ),
  runtime(
    'container.created_ts',
    'time',
    'when the container was created',
    fact((c) => c.createdAtNs || undefined),
    PER_PROCESS,
  ),
  runtime(
    'container.duration',
    'duration',
    'nanoseconds since the container started; 0 for what came before its runtime took note of the start',
    ({ container, timeNs }) => {
      if (container === undefined || container.startedAtNs === 0n) return undefined;
      return timeNs < container.startedAtNs ? 0n : timeNs - container.startedAtNs;
    },
  ),
];

const mounts: readonly FieldSpec<Owned>[] = [
  runtime(
    'container.mounts',
    'string',
    'all mounts, `source:destination:mode:read-write:propagation` separated by spaces',
    text((c) => c.mounts.map(spelled).join(' ')),
    PER_PROCESS,
  ),
  mountField('container.mount', 'one mount, as in `container.mounts`', 'source', spelled),
  mountField('container.mount.source', 'where a mount comes from', 'destination', (m) => m.source),
  mountField('container.mount.dest', 'where a mount is in the container', 'source', (m) => m.destination),
  mountField('container.mount.mode', 'mode of a mount', 'source', (m) => m.mode),
  mountField(
    'container.mount.rdwr',
    '`true` for a mount that can be written, else `false`',
    'source',
    readWrite,
  ),
  mountField('container.mount.propagation', 'propagation of a mount', 'source', (m) => m.propagation),
];

export const containerFields: readonly FieldSpec<Owned>[] = [
  ...identity,
  ...image,
  ...settings,
  ...probeContainerFields,
  ...mounts,
];
