/**
 * Trust: whether an image is what was approved. `source/` reads images where they are (registries, OCI layouts,
 * archives), `signature/` finds what vouches for them and proves it with the sigstore libraries, `attestation/` looks
 * into what is stated, `verify/` decides. Needs no kernel and no agent.
 *
 * @packageDocumentation
 */
export { type Digest, hostPlatform, isDigest, type Platform } from './content/index.js';
export { TrustError, type TrustErrorCode } from './error.js';
export * from './inventory/index.js';
export { type LoadedSigners, loadSigners } from './material/index.js';
export { nameOf, type Reference, readReference, referenceText } from './reference/index.js';
export type { TrustDiagnosticCode } from './signature/index.js';
export {
  ArchiveFiles,
  type ImageSource,
  LayoutFolder,
  LayoutSource,
  type RegistryOptions,
  RegistrySource,
} from './source/index.js';
export * from './verify/index.js';
