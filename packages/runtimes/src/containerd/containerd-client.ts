import type { ContainerInfo } from '@runward/events';
import { checkContainerId } from '../container-id.js';
import { messageOf } from '../error.js';
import { UnixGrpc, type UnixGrpcOptions } from '../grpc/unix-grpc.js';
import { splitImageReference } from '../image/image-reference.js';
import { collect } from '../io/concurrency.js';
import { at, integer, list, parseJson, text, textMap } from '../io/json.js';
import { LIMITS } from '../limits.js';
import { containerOfSpec } from '../oci/bundle.js';
import { podOfLabels } from '../pod.js';
import type { RuntimeClient, RuntimeStatus } from '../runtime-client.js';
import { CONTAINERD, LIVE_STATES } from './schema.js';

const NAMES = ['nerdctl/name', 'io.kubernetes.container.name'];

/** Set by containerd's CRI plug-in: `container`, or `sandbox` for the one that holds a pod's namespaces. */
const CRI_KIND = 'io.cri-containerd.kind';

interface Found {
  readonly namespace: string;
  readonly id: string;
  readonly container: unknown;
  readonly spec: unknown;
}

/** containerd through its own API, over all its namespaces: containers that `ctr`, nerdctl and the like made. */
export class ContainerdClient implements RuntimeClient {
  readonly runtime = 'containerd';
  readonly isFallback = true;
  private readonly grpc: UnixGrpc;

  constructor(
    readonly endpoint: string,
    options: UnixGrpcOptions = {},
  ) {
    this.grpc = new UnixGrpc(endpoint, CONTAINERD, options);
  }

  async lookup(id: string, signal?: AbortSignal, cgroupPath = ''): Promise<ContainerInfo | undefined> {
    checkContainerId(id);
    const namespaces = await this.namespaces(signal);
    const found = await Promise.all(namespaces.map((namespace) => this.find(namespace, id, signal)));
    const known = found.filter((container) => container !== undefined);
    // Namespaces may use one name each: the path tells them apart, and nothing is picked at random.
    const meant = known.length > 1 ? known.filter((each) => cgroupsPathOf(each) === cgroupPath) : known;
    const [only, ...others] = meant;
    return only !== undefined && others.length === 0 ? this.describe(only, signal) : undefined;
  }

  async list(signal?: AbortSignal): Promise<readonly ContainerInfo[]> {
    const all: ContainerInfo[] = [];
    for (const namespace of await this.namespaces(signal)) {
      const answer = await this.call(namespace, 'tasks.v1.Tasks/List', {}, signal);
      const live = list(at(answer, 'tasks')).filter((task) => LIVE_STATES.has(at(task, 'status')));
      const ids = live.map((task) => text(at(task, 'container_id')) || text(at(task, 'id')));
      const get = async (id: string): Promise<ContainerInfo | undefined> => {
        const container = await this.find(namespace, id, signal);
        return container === undefined ? undefined : this.describe(container, signal);
      };
      all.push(...(await collect(ids.slice(0, LIMITS.listed), LIMITS.concurrency, get)));
    }
    return all;
  }

  async status(signal?: AbortSignal): Promise<RuntimeStatus> {
    const base = { runtime: this.runtime, endpoint: this.endpoint } as const;
    try {
      const answer = await this.call('default', 'version.v1.Version/Version', {}, signal);
      return { ...base, version: text(at(answer, 'version')), ok: true, problem: '' };
    } catch (problem) {
      return { ...base, version: '', ok: false, problem: messageOf(problem) };
    }
  }

  close(): void {
    this.grpc.close();
  }

  private async namespaces(signal?: AbortSignal): Promise<readonly string[]> {
    const answer = await this.grpc.call('containerd.services.namespaces.v1.Namespaces/List', {}, { signal });
    return list(at(answer, 'namespaces')).map((namespace) => text(at(namespace, 'name')));
  }

  private call(namespace: string, method: string, request: object, signal?: AbortSignal): Promise<unknown> {
    const headers = { 'containerd-namespace': namespace };
    return this.grpc.call(`containerd.services.${method}`, request, { headers, signal });
  }

  private async find(namespace: string, id: string, signal?: AbortSignal): Promise<Found | undefined> {
    const answer = await this.call(
      namespace,
      'containers.v1.Containers/Get',
      { id: checkContainerId(id) },
      signal,
    );
    const container = at(answer, 'container');
    return text(at(container, 'id')) === id
      ? { namespace, id, container, spec: specOf(container) }
      : undefined;
  }

  private async describe(
    { namespace, id, container, spec }: Found,
    signal?: AbortSignal,
  ): Promise<ContainerInfo> {
    const image = text(at(container, 'image'));
    const labels = textMap(at(container, 'labels'));
    const { repository, tag, digest } = splitImageReference(image);
    const specified = await containerOfSpec(id, 'containerd', spec, undefined);
    const pod = podOfLabels(new Map([...specified.labels, ...labels]));
    const podName = labels.get(CRI_KIND) === 'sandbox' ? pod?.name : undefined;
    return {
      ...specified,
      name: podName ?? NAMES.map((label) => labels.get(label)).find((name) => name !== undefined) ?? id,
      image,
      imageRepository: repository,
      imageTag: tag,
      imageDigest: digest === '' ? await this.digest(namespace, image, signal) : digest,
      labels,
      createdAtNs: timestampNs(at(container, 'created_at')),
      pod,
    };
  }

  private async digest(namespace: string, name: string, signal?: AbortSignal): Promise<string> {
    if (name === '') return '';
    const answer = await this.call(namespace, 'images.v1.Images/Get', { name }, signal).catch(
      () => undefined,
    );
    return text(at(answer, 'image', 'target', 'digest'));
  }
}

const cgroupsPathOf = (found: Found): string => text(at(found.spec, 'linux', 'cgroupsPath'));

/** The runtime specification travels as JSON inside an `Any`. */
function specOf(container: unknown): unknown {
  const value = at(container, 'spec', 'value');
  return value instanceof Uint8Array
    ? parseJson(Buffer.from(value).toString('utf8'), 'the specification in containerd')
    : undefined;
}

function timestampNs(stamp: unknown): bigint {
  const seconds = at(stamp, 'seconds');
  if (typeof seconds !== 'string' || !/^\d{1,12}$/.test(seconds)) return 0n;
  return BigInt(seconds) * 1_000_000_000n + BigInt(integer(at(stamp, 'nanos')) ?? 0);
}
