export {
  type Descriptor,
  hostPlatform,
  type Platform,
  platformText,
  readDescriptor,
  suits,
} from './descriptor.js';
export { algorithmOf, changed, checked, type Digest, hexOf, isDigest, mustBe, sha256Of } from './digest.js';
export { type Fields, fieldsOf, listOf, parsedJson, textMapOf, textOf } from './json.js';
export { LIMITS } from './limits.js';
export {
  type Content,
  type ImageConfig,
  type Index,
  MANIFEST_TYPES,
  type Manifest,
  readConfig,
  readManifest,
} from './manifest.js';
