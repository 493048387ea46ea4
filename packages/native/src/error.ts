import { RunwardError } from '@runward/core';

export type NativeErrorCode = 'NATIVE_LIBRARY_MISSING' | 'NATIVE_NAMESPACE_LOST';

/** Without libbpf there is no eBPF; and a thread that was in another's network and cannot leave it must not go on. */
export class NativeError extends RunwardError<NativeErrorCode> {
  override readonly name = 'NativeError';
}
