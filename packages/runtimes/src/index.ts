/**
 * Runtimes: who a container is. From the path of a cgroup to an identity, and from an identity to what the
 * container's runtime knows about it.
 *
 * @packageDocumentation
 */
export { type CgroupIdentity, parseCgroupPath } from './cgroup/cgroup-path.js';
export { DockerClient } from './docker/docker-client.js';
export { RuntimesError, type RuntimesErrorCode } from './error.js';
export { type ImageReference, splitDockerReference, splitImageReference } from './image/image-reference.js';
export { OciStateClient } from './oci/state-client.js';
export type { RuntimeClient, RuntimeStatus } from './runtime-client.js';
