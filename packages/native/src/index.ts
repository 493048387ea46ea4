/**
 * Native: libbpf and a few functions of libc behind typed wrappers. The one room that calls native code: FFI has no
 * memory safety, so a wrong call corrupts memory, and each wrapper takes nothing but what our own rooms made.
 *
 * @packageDocumentation
 */
export { NativeError, type NativeErrorCode } from './error.js';
export * from './ffi.js';
export * from './ffi-maps.js';
export * from './ffi-processes.js';
export * from './ffi-seccomp.js';
export * from './ffi-sockets.js';
