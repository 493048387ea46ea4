export { type ArgKind, argKinds, isArgKind } from './arg-kinds.js';
export { CAPABILITIES, capabilityNames } from './capabilities.js';
export { errnoName, isError } from './errno.js';
export * from './files.js';
export * from './kernel.js';
export * from './processes.js';
export * from './sockets.js';
export { enumName, type FlagTable, flagNames, type NameTable } from './table.js';
