import { RunwardError } from '@runward/core';

export type NativeErrorCode = 'NATIVE_LIBRARY_MISSING';

/** Thrown when the module is loaded: without libbpf there is no eBPF. */
export class NativeError extends RunwardError<NativeErrorCode> {
  override readonly name = 'NativeError';
}
