export { manifestFor } from './manifest-for.js';
export { chainIds } from './place.js';
export type * from './verdict.js';
export { type VerifyOptions, verifyImage } from './verify-image.js';
