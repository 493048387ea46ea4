/**
 * Events: the kernel↔TypeScript contract. The table of system calls, what an event view offers, who acted
 * (process and container facts), and the field catalogue of the rule language.
 *
 * @packageDocumentation
 */

export {
  allFields,
  anonymousFileType,
  argumentNames,
  fieldCatalogue,
  fieldRows,
  flowCatalogue,
  LIVE_FIELDS,
  renderFieldsMarkdown,
} from './catalogue/index.js';
export * from './event-types.js';
export * from './field.js';
export * from './flow-view.js';
export { formatIpv4, formatIpv6 } from './ip-text.js';
export { kernelNameOf } from './kernel-name.js';
export * from './layout.generated.js';
export * from './live.js';
export * from './model.js';
export { type ArgKind, argKinds, CAPABILITIES, capabilityNames, errnoName, isError } from './names/index.js';
export { newNamespaces } from './new-namespaces.js';
export { normalizePath, type PathResolver, RingView } from './ring-view.js';
export { StringCache } from './string-cache.js';
export { type SyscallTable, syscallNames } from './syscall-numbers.js';
export * from './syscalls.js';
export * from './view.js';
