import type { ProtoPackage } from '../grpc/schema.js';

/**
 * The part of the Container Runtime Interface that says who a container is. Field numbers are those of the
 * published `runtime.v1` interface of Kubernetes, which never change; enumerations are read as numbers.
 */
export const CRI: ProtoPackage = {
  name: 'runtime.v1',
  services: {
    RuntimeService: {
      Version: ['VersionRequest', 'VersionResponse'],
      ListContainers: ['ListContainersRequest', 'ListContainersResponse'],
      ContainerStatus: ['ContainerStatusRequest', 'ContainerStatusResponse'],
      PodSandboxStatus: ['PodSandboxStatusRequest', 'PodSandboxStatusResponse'],
    },
    ImageService: { ImageStatus: ['ImageStatusRequest', 'ImageStatusResponse'] },
  },
  messages: {
    VersionRequest: { version: [1, 'string'] },
    VersionResponse: { runtime_name: [2, 'string'], runtime_version: [3, 'string'] },
    ListContainersRequest: { filter: [1, 'ContainerFilter'] },
    ContainerFilter: { id: [1, 'string'], state: [2, 'ContainerStateValue'] },
    ContainerStateValue: { state: [1, 'int32'] },
    ListContainersResponse: { containers: [1, 'Container', 'list'] },
    Container: { id: [1, 'string'] },
    ContainerStatusRequest: { container_id: [1, 'string'], verbose: [2, 'bool'] },
    ContainerStatusResponse: { status: [1, 'ContainerStatus'], info: [2, 'string', 'map'] },
    ContainerMetadata: { name: [1, 'string'] },
    ImageSpec: { image: [1, 'string'] },
    Mount: {
      container_path: [1, 'string'],
      host_path: [2, 'string'],
      readonly: [3, 'bool'],
      propagation: [5, 'int32'],
    },
    ContainerStatus: {
      id: [1, 'string'],
      metadata: [2, 'ContainerMetadata'],
      created_at: [4, 'int64'],
      started_at: [5, 'int64'],
      image: [8, 'ImageSpec'],
      image_ref: [9, 'string'],
      labels: [12, 'string', 'map'],
      mounts: [14, 'Mount', 'list'],
    },
    PodSandboxStatusRequest: { pod_sandbox_id: [1, 'string'], verbose: [2, 'bool'] },
    PodSandboxStatusResponse: { status: [1, 'PodSandboxStatus'], info: [2, 'string', 'map'] },
    PodSandboxMetadata: { name: [1, 'string'], uid: [2, 'string'], namespace: [3, 'string'] },
    PodSandboxNetworkStatus: { ip: [1, 'string'] },
    NamespaceOption: { network: [1, 'int32'], pid: [2, 'int32'], ipc: [3, 'int32'] },
    SandboxNamespaces: { options: [2, 'NamespaceOption'] },
    LinuxPodSandboxStatus: { namespaces: [1, 'SandboxNamespaces'] },
    PodSandboxStatus: {
      id: [1, 'string'],
      metadata: [2, 'PodSandboxMetadata'],
      created_at: [4, 'int64'],
      network: [5, 'PodSandboxNetworkStatus'],
      linux: [6, 'LinuxPodSandboxStatus'],
      labels: [7, 'string', 'map'],
      annotations: [8, 'string', 'map'],
    },
    ImageStatusRequest: { image: [1, 'ImageSpec'] },
    ImageStatusResponse: { image: [1, 'Image'] },
    Image: { id: [1, 'string'], repo_tags: [2, 'string', 'list'], repo_digests: [3, 'string', 'list'] },
  },
};

/** `ContainerState.CONTAINER_RUNNING` */
export const CONTAINER_RUNNING = 1;
/** `NamespaceMode.NODE`: the host's namespace. */
export const NAMESPACE_NODE = 2;
/** By `MountPropagation`, in the words the mount tables of other runtimes use. */
export const PROPAGATIONS = ['private', 'rslave', 'rshared'] as const;
