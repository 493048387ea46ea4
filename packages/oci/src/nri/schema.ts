import type { ProtoPackage } from '@runward/runtimes/protobuf';

/**
 * The part of NRI's protocol in use, `nri.pkg.api.v1alpha1`, by its published field numbers; the same from NRI 0.2
 * (containerd 1.7) to 0.12 (containerd 2.2, CRI-O 1.34).
 */
export const NRI: ProtoPackage = {
  name: 'nri.pkg.api.v1alpha1',
  services: {
    Runtime: { RegisterPlugin: ['RegisterPluginRequest', 'Empty'] },
    Plugin: {
      Configure: ['ConfigureRequest', 'ConfigureResponse'],
      Synchronize: ['SynchronizeRequest', 'SynchronizeResponse'],
      Shutdown: ['Empty', 'Empty'],
      CreateContainer: ['CreateContainerRequest', 'CreateContainerResponse'],
    },
  },
  messages: {
    Empty: {},
    RegisterPluginRequest: { plugin_name: [1, 'string'], plugin_idx: [2, 'string'] },
    ConfigureRequest: { config: [1, 'string'], runtime_name: [2, 'string'], runtime_version: [3, 'string'] },
    ConfigureResponse: { events: [2, 'int32'] },
    SynchronizeRequest: { more: [3, 'bool'] },
    SynchronizeResponse: { more: [2, 'bool'] },
    CreateContainerRequest: { pod: [1, 'PodSandbox'], container: [2, 'Container'] },
    CreateContainerResponse: { adjust: [1, 'ContainerAdjustment'] },
    PodSandbox: {
      id: [1, 'string'],
      name: [2, 'string'],
      namespace: [4, 'string'],
      labels: [5, 'string', 'map'],
    },
    Container: {
      id: [1, 'string'],
      name: [3, 'string'],
      labels: [5, 'string', 'map'],
      annotations: [6, 'string', 'map'],
    },
    ContainerAdjustment: { annotations: [2, 'string', 'map'], hooks: [5, 'Hooks'] },
    Hooks: { create_runtime: [2, 'Hook', 'list'] },
    Hook: {
      path: [1, 'string'],
      args: [2, 'string', 'list'],
      env: [3, 'string', 'list'],
      timeout: [4, 'OptionalInt'],
    },
    OptionalInt: { value: [1, 'int64'] },
  },
};

/** ttrpc's own messages: https://github.com/containerd/ttrpc/blob/main/PROTOCOL.md */
export const TTRPC: ProtoPackage = {
  name: 'ttrpc',
  services: {},
  messages: {
    Request: {
      service: [1, 'string'],
      method: [2, 'string'],
      payload: [3, 'bytes'],
      timeout_nano: [4, 'int64'],
    },
    Response: { status: [1, 'Status'], payload: [2, 'bytes'] },
    Status: { code: [1, 'int32'], message: [2, 'string'] },
  },
};

/** `1 << (CREATE_CONTAINER - 1)`: the one event that can change a container. */
export const CREATE_CONTAINER_EVENT = 8;
