import type { ProtoPackage } from '../grpc/schema.js';

/** The read-only part of containerd's own API. Field numbers are those of its published services. */
export const CONTAINERD: readonly ProtoPackage[] = [
  {
    name: 'containerd.services.containers.v1',
    services: {
      Containers: {
        Get: ['GetContainerRequest', 'GetContainerResponse'],
        List: ['ListContainersRequest', 'ListContainersResponse'],
      },
    },
    messages: {
      GetContainerRequest: { id: [1, 'string'] },
      GetContainerResponse: { container: [1, 'Container'] },
      ListContainersRequest: { filters: [1, 'string', 'list'] },
      ListContainersResponse: { containers: [1, 'Container', 'list'] },
      Any: { type_url: [1, 'string'], value: [2, 'bytes'] },
      Timestamp: { seconds: [1, 'int64'], nanos: [2, 'int32'] },
      Container: {
        id: [1, 'string'],
        labels: [2, 'string', 'map'],
        image: [3, 'string'],
        spec: [5, 'Any'],
        created_at: [8, 'Timestamp'],
      },
    },
  },
  {
    name: 'containerd.services.namespaces.v1',
    services: { Namespaces: { List: ['ListNamespacesRequest', 'ListNamespacesResponse'] } },
    messages: {
      ListNamespacesRequest: {},
      ListNamespacesResponse: { namespaces: [1, 'Namespace', 'list'] },
      Namespace: { name: [1, 'string'] },
    },
  },
  {
    name: 'containerd.services.images.v1',
    services: { Images: { Get: ['GetImageRequest', 'GetImageResponse'] } },
    messages: {
      GetImageRequest: { name: [1, 'string'] },
      GetImageResponse: { image: [1, 'Image'] },
      Image: { name: [1, 'string'], target: [3, 'Descriptor'] },
      Descriptor: { digest: [2, 'string'] },
    },
  },
  {
    name: 'containerd.services.tasks.v1',
    services: { Tasks: { List: ['ListTasksRequest', 'ListTasksResponse'] } },
    messages: {
      ListTasksRequest: { filter: [1, 'string'] },
      ListTasksResponse: { tasks: [1, 'Process', 'list'] },
      Process: { container_id: [1, 'string'], id: [2, 'string'], status: [4, 'int32'] },
    },
  },
  {
    name: 'containerd.services.version.v1',
    services: { Version: { Version: ['Empty', 'VersionResponse'] } },
    messages: { Empty: {}, VersionResponse: { version: [1, 'string'] } },
  },
];

/** Task states in which the container's processes exist: running, paused, pausing. */
export const LIVE_STATES: ReadonlySet<unknown> = new Set([2, 4, 5]);
