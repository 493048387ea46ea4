/** For tests: images made on the spot, what signs them, and where they are kept. */
export * from './cosign.js';
export { asked, imageWith } from './demand.js';
export { writeLayout } from './layout.js';
export { type NotationSigner, newNotationSigner, signNotation } from './notation.js';
export { RegistryServer, type RegistryServerOptions } from './registry-server.js';
export { type Identity, TestSigstore } from './sigstore.js';
export { tarOf } from './tar-writer.js';
export * from './test-image.js';
