import type { ContainerRuntime } from '@runward/events';

/** What the path of a cgroup says about the container it belongs to. */
export interface CgroupIdentity {
  /** Full container id; 64 lower-case hex digits except for containers of containerd's own API. */
  readonly id: string;
  /** `unknown` where several runtimes use the same layout; the sockets decide then. */
  readonly runtime: ContainerRuntime;
  readonly podUid?: string;
  readonly driver: 'cgroupfs' | 'systemd';
  /** Kubernetes layouts do not tell a pod's sandbox from its containers. */
  readonly kind: 'container' | 'sandbox-or-container';
}

/** PATH_MAX of Linux: nothing longer comes from the kernel. */
const MAX_PATH_CHARS = 4096;
const DELETED_SUFFIX = ' (deleted)';
const POD_UID = '[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32}';
const POD_FOLDER = new RegExp(`^pod(${POD_UID})$`);
const POD_SLICE = new RegExp(`-pod(${POD_UID})\\.slice(?::|$)`);
const KUBE_ROOT = /^(?:[a-z0-9_-]*-)?kubepods(?:\.slice)?$/;
const FULL_ID = /^[0-9a-f]{64}$/;
/** Identifier rule of containerd, for names and namespaces alike: alphanumeric runs joined by `.`, `_`, `-`. */
const NATIVE_ID = /^[A-Za-z0-9]+(?:[._-]+[A-Za-z0-9]+)*$/;
const NATIVE_ID_CHARS = 76;
/** `docker-ID.scope`, `crio-ID`, `libpod-payload-ID`; a conmon scope is the monitor, not the container. */
const PREFIXED = /^(docker|cri-containerd|crio|libpod-payload|libpod|nerdctl)-([0-9a-f]{64})(\.scope)?$/;
/** `SLICE:PREFIX:ID`: a path meant for the systemd driver, given to the cgroupfs driver. */
const UNSPLIT = /^[^:]*:(docker|cri-containerd|crio|libpod|nerdctl):([0-9a-f]{64})$/;

const RUNTIME_OF_PREFIX: ReadonlyMap<string, ContainerRuntime> = new Map([
  ['docker', 'docker'],
  ['cri-containerd', 'containerd'],
  ['nerdctl', 'containerd'],
  ['crio', 'cri-o'],
  ['libpod', 'podman'],
  ['libpod-payload', 'podman'],
]);

/** Parents of bare ids that only one runtime uses. */
const RUNTIME_OF_PARENT: ReadonlyMap<string, ContainerRuntime> = new Map([
  ['docker', 'docker'],
  ['default', 'containerd'],
  ['k8s.io', 'containerd'],
  ['moby', 'containerd'],
]);

/** Bare ids below it are Podman's pods; their containers are prefixed. */
const PODMAN_PARENT = 'libpod_parent';

/** Namespaces of containerd whose containers may have any name; elsewhere only a full id is evidence. */
const NATIVE_NAMESPACES: ReadonlySet<string> = new Set(['default', 'k8s.io', 'moby']);

/**
 * Names the container from the path of a cgroup of any hierarchy (v1, hybrid, v2), or undefined when the path
 * alone does not: the host's own cgroups, system containers (LXC, nspawn), plain runc and crun.
 *
 * **Invariant** the outermost match wins. Whoever may create cgroups inside a container can name them as they
 * like, so a name below a container proves nothing; it still belongs to that container.
 */
export function parseCgroupPath(path: string): CgroupIdentity | undefined {
  if (path.length > MAX_PATH_CHARS || path.includes('\0')) return undefined;
  const bare = path.endsWith(DELETED_SUFFIX) ? path.slice(0, -DELETED_SUFFIX.length) : path;
  const segments = withoutClimb(bare.split('/').filter((segment) => segment !== ''));
  if (segments === undefined) return undefined;
  let podUid: string | undefined;
  let inKubepods = false;
  for (const [index, segment] of segments.entries()) {
    const folder: string | undefined = inKubepods ? podUidOf(segment) : POD_SLICE.exec(segment)?.[1];
    if (folder !== undefined) podUid = folder.replaceAll('_', '-');
    inKubepods ||= KUBE_ROOT.test(segment) || podUid !== undefined;
    const found = matchSegment(segments, index, inKubepods);
    if (found !== undefined) return withPod(found, inKubepods, podUid);
  }
  return undefined;
}

/**
 * Folds leading `..`, with which `/proc/PID/cgroup` shows a cgroup outside the reader's cgroup namespace, into
 * one parent of unknown name. After a name no kernel writes dots: such a path is refused.
 */
function withoutClimb(segments: readonly string[]): readonly string[] | undefined {
  const start = segments.findIndex((segment) => segment !== '..');
  const named = start === -1 ? [] : segments.slice(start);
  if (named.includes('..') || named.includes('.')) return undefined;
  return start > 0 ? ['..', ...named] : named;
}

const podUidOf = (segment: string): string | undefined =>
  POD_FOLDER.exec(segment)?.[1] ?? POD_SLICE.exec(segment)?.[1];

type Match = Pick<CgroupIdentity, 'id' | 'runtime' | 'driver'>;

function matchSegment(segments: readonly string[], index: number, inKubepods: boolean): Match | undefined {
  const segment = segments[index] ?? '';
  const prefixed = PREFIXED.exec(segment);
  if (prefixed !== null) {
    const [, prefix = '', id = '', scope] = prefixed;
    const runtime = RUNTIME_OF_PREFIX.get(prefix) ?? 'unknown';
    return { id, runtime, driver: scope === undefined ? 'cgroupfs' : 'systemd' };
  }
  const unsplit = UNSPLIT.exec(segment);
  if (unsplit !== null) {
    const [, prefix = '', id = ''] = unsplit;
    return { id, runtime: RUNTIME_OF_PREFIX.get(prefix) ?? 'unknown', driver: 'cgroupfs' };
  }
  return matchBareId(segments, index, inKubepods);
}

function matchBareId(segments: readonly string[], index: number, inKubepods: boolean): Match | undefined {
  const segment = segments[index] ?? '';
  const parent = segments[index - 1];
  // A bare id at the top is how plain OCI runtimes name theirs; the sensor decides about those.
  if (parent === undefined || parent === PODMAN_PARENT) return undefined;
  if (FULL_ID.test(segment)) {
    // Amazon ECS puts Docker's containers under `ecs/TASK`.
    const known = segments[0] === 'ecs' ? 'docker' : RUNTIME_OF_PARENT.get(parent);
    return { id: segment, runtime: inKubepods ? 'unknown' : (known ?? 'unknown'), driver: 'cgroupfs' };
  }
  const native = index === 1 && NATIVE_NAMESPACES.has(parent) && segment.length <= NATIVE_ID_CHARS;
  return native && NATIVE_ID.test(segment)
    ? { id: segment, runtime: 'containerd', driver: 'cgroupfs' }
    : undefined;
}

function withPod(match: Match, inKubepods: boolean, podUid: string | undefined): CgroupIdentity {
  const kind = inKubepods || match.runtime === 'cri-o' ? 'sandbox-or-container' : 'container';
  return podUid === undefined ? { ...match, kind } : { ...match, podUid, kind };
}
