/** Libraries of native code and how their functions are bound. Only the `ffi*` files of this folder use it. */
import koffi, { type LibraryHandle } from 'koffi';
import { NativeError } from './error.js';

function loadLibrary(names: readonly string[]): LibraryHandle {
  const problems: string[] = [];
  for (const name of names) {
    try {
      return koffi.load(name);
    } catch (cause) {
      problems.push(cause instanceof Error ? cause.message : String(cause));
    }
  }
  throw new NativeError(
    'NATIVE_LIBRARY_MISSING',
    `cannot load ${names.join(' or ')}: ${problems.join('; ')}`,
    {
      help: 'install the Debian package `libbpf1` (version 1.1 or newer)',
    },
  );
}

export const libc = loadLibrary(['libc.so.6']);
export const libbpf = loadLibrary(['libbpf.so.1']);

export type Pointer = bigint;
export interface Native {
  (...args: readonly unknown[]): unknown;
  async: (...args: readonly unknown[]) => void;
}

// koffi's own types are loose; each wrapper below narrows what comes back.
export const bind = (lib: LibraryHandle, definition: string): Native => lib.func(definition) as Native;
export const number = (value: unknown): number => Number(value);
export const pointer = (value: unknown): Pointer => (typeof value === 'bigint' ? value : 0n);
export const inBackground = (call: Native, ...args: readonly unknown[]): Promise<unknown> =>
  new Promise((resolve, reject) => {
    call.async(...args, (error: unknown, result: unknown) => {
      if (error === null || error === undefined) resolve(result);
      else reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
