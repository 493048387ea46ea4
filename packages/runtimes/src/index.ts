/**
 * Runtimes: who a container is. From the path of a cgroup to an identity, and from an identity to what the
 * container's runtime knows about it.
 *
 * @packageDocumentation
 */
export { type AccountData, readAccountData, readAccounts } from './accounts.js';
export { type CgroupIdentity, parseCgroupPath } from './cgroup/cgroup-path.js';
export { pathOnlyContainer } from './container-info.js';
export { type DockerRestartPolicy, DockerRestarts } from './docker/restarts.js';
export { RuntimesError, type RuntimesErrorCode } from './error.js';
export { type ImageReference, splitDockerReference, splitImageReference } from './image/image-reference.js';
export {
  DEFAULT_ROOTS,
  DEFAULT_SOCKETS,
  type RuntimeRoot,
  type RuntimeSocket,
} from './registry/endpoints.js';
export { type LookupRequest, type RegistryOptions, RuntimeRegistry } from './registry/runtime-registry.js';
export type { RuntimeClient, RuntimeStatus } from './runtime-client.js';
