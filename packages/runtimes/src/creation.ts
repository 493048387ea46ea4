/** What is left on disk of a container that does not run yet, for who starts it. Loads no network client. */
export { splitDockerReference, splitImageReference } from './image/image-reference.js';
export { readJsonFile } from './io/json-file.js';
export { containerOfSpec, readBundleSpec } from './oci/bundle.js';
export { PodmanStorageClient } from './podman/storage-client.js';
