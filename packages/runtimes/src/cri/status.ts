import type { ContainerInfo, MountInfo, PodInfo } from '@runward/events';
import { blankContainer } from '../container-info.js';
import { digestFor } from '../docker/inspect.js';
import { splitImageReference } from '../image/image-reference.js';
import { at, boolean, list, text, textMap, texts } from '../io/json.js';
import { LIMITS } from '../limits.js';
import { readSpec } from '../oci/spec.js';
import { podOfLabels } from '../pod.js';
import { probesOf } from '../probes.js';
import { NAMESPACE_NODE, PROPAGATIONS } from './schema.js';

/** The answers about one container. `info` is the runtime's own JSON, whose shape the interface leaves open. */
export interface CriAnswers {
  readonly status: unknown;
  readonly info: unknown;
  readonly image: unknown;
  readonly sandbox: unknown;
  /** The sandbox's own JSON, as `info` is the container's. */
  readonly sandboxInfo?: unknown;
}

type Runtime = 'containerd' | 'cri-o';

export function containerOfStatus(runtime: Runtime, answers: CriAnswers): ContainerInfo {
  const { status, info, sandbox, sandboxInfo } = answers;
  const labels = textMap(at(status, 'labels'));
  const pod = podOfSandbox(sandbox, sandboxInfo) ?? podOfLabels(labels, text(at(info, 'sandboxID')));
  const name = text(at(status, 'metadata', 'name'));
  return {
    ...blankContainer(text(at(status, 'id')), runtime),
    ...specFacts(info, at(info, 'config', 'linux', 'security_context', 'privileged')),
    ...hostNamespaces(sandbox),
    ...imageFacts(answers),
    ...probesOf(textMap(at(sandbox, 'annotations')), name),
    name,
    mounts: list(at(status, 'mounts')).map(readMount),
    labels,
    ip: pod?.ip ?? '',
    createdAtNs: nanoseconds(at(status, 'created_at')),
    startedAtNs: nanoseconds(at(status, 'started_at')),
    pod,
  };
}

/** The pod's own container, which holds its namespaces: named by the pod. */
export function containerOfSandbox(runtime: Runtime, sandbox: unknown, info: unknown): ContainerInfo {
  const pod = podOfSandbox(sandbox, info);
  const image = text(at(info, 'image'));
  const { repository, tag, digest } = splitImageReference(image);
  return {
    ...blankContainer(text(at(sandbox, 'id')), runtime),
    ...specFacts(info, at(info, 'config', 'linux', 'security_context', 'privileged')),
    ...hostNamespaces(sandbox),
    image,
    imageRepository: repository,
    imageTag: tag,
    imageDigest: digest,
    name: pod?.name ?? '',
    labels: textMap(at(sandbox, 'labels')),
    ip: pod?.ip ?? '',
    createdAtNs: nanoseconds(at(sandbox, 'created_at')),
    pod,
  };
}

export function podOfSandbox(sandbox: unknown, info?: unknown): PodInfo | undefined {
  const id = text(at(sandbox, 'id'));
  if (id === '') return undefined;
  return {
    name: text(at(sandbox, 'metadata', 'name')),
    namespace: text(at(sandbox, 'metadata', 'namespace')),
    uid: text(at(sandbox, 'metadata', 'uid')),
    sandboxId: id,
    labels: textMap(at(sandbox, 'labels')),
    ip: text(at(sandbox, 'network', 'ip')),
    ...cniOf(info),
  };
}

/** containerd keeps what the network plugins said; long lists of routes and rules are no identity. */
function cniOf(info: unknown): Pick<PodInfo, 'cni'> {
  const result = at(info, 'cniResult');
  if (result === undefined || result === null) return {};
  const cni = JSON.stringify(result);
  return cni.length > LIMITS.cniText ? {} : { cni };
}

type SpecPart = Pick<
  ContainerInfo,
  'privileged' | 'env' | 'user' | 'hostPid' | 'hostNetwork' | 'hostIpc' | 'mounts'
>;

/** containerd says what was asked for in `config`, CRI-O in `privileged`; else the specification tells. */
function specFacts(info: unknown, asked: unknown): Partial<SpecPart> {
  const said = boolean(asked) ?? boolean(at(info, 'privileged'));
  const spec = at(info, 'runtimeSpec');
  if (spec === undefined) return { privileged: said };
  const { annotations: _, ...facts } = readSpec(spec);
  return { ...facts, privileged: said ?? facts.privileged };
}

function hostNamespaces(sandbox: unknown): Partial<SpecPart> {
  const options = at(sandbox, 'linux', 'namespaces', 'options');
  if (options === undefined) return {};
  return {
    hostPid: at(options, 'pid') === NAMESPACE_NODE,
    hostNetwork: at(options, 'network') === NAMESPACE_NODE,
    hostIpc: at(options, 'ipc') === NAMESPACE_NODE,
  };
}

type ImageFacts = Pick<ContainerInfo, 'image' | 'imageRepository' | 'imageTag' | 'imageDigest' | 'imageId'>;

function imageFacts({ status, image }: CriAnswers): ImageFacts {
  const given = text(at(status, 'image', 'image'));
  const fromStatus = splitImageReference(given);
  const reference = fromStatus.repository === '' ? (texts(at(image, 'repo_tags'))[0] ?? given) : given;
  const { repository, tag, digest } = splitImageReference(reference);
  const imageRef = text(at(status, 'image_ref'));
  const known = [...texts(at(image, 'repo_digests')), ...(imageRef.includes('@') ? [imageRef] : [])];
  const id = text(at(image, 'id')) || (imageRef.includes('@') ? '' : imageRef);
  return {
    image: reference,
    imageRepository: repository,
    imageTag: tag,
    imageDigest: digest === '' ? digestFor(repository, known) : digest,
    imageId: /^[0-9a-f]{64}$/.test(id) ? `sha256:${id}` : id,
  };
}

const readMount = (mount: unknown): MountInfo => ({
  source: text(at(mount, 'host_path')),
  destination: text(at(mount, 'container_path')),
  mode: '',
  readWrite: at(mount, 'readonly') !== true,
  propagation: PROPAGATIONS[Number(at(mount, 'propagation') ?? 0)] ?? '',
});

const nanoseconds = (value: unknown): bigint =>
  typeof value === 'string' && /^\d{1,19}$/.test(value) ? BigInt(value) : 0n;
