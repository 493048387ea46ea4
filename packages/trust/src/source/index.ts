export { LayoutFolder } from './layout/layout-folder.js';
export { LayoutSource } from './layout/layout-source.js';
export { type Credentials, readCredentials } from './registry/credentials.js';
export { type RegistryOptions, RegistrySource } from './registry/registry-source.js';
export { type ImageSource, tagOf } from './source.js';
export { ArchiveFiles } from './tar/archive-files.js';
