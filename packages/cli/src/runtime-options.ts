import type { RegistryOptions } from '@runward/runtimes';
import { DEFAULT_ROOTS, DEFAULT_SOCKETS } from '@runward/runtimes';
import { type OptionSpec, type Parsed, UsageError } from './command.js';

export const RUNTIME_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'runtime-socket': { type: 'string', multiple: true, value: 'RUNTIME=PATH', doc: 'also ask this runtime socket (docker, containerd, cri-o, podman)' },
  'runtime-root': { type: 'string', multiple: true, value: 'RUNTIME=DIR', doc: 'also look in this state folder (runc, crun, podman)' },
};

function pairs<R extends string>(args: Parsed, option: string, known: readonly R[]): { runtime: R; path: string }[] {
  return args.texts(option).map((text) => {
    const [name, ...rest] = text.split('=');
    const runtime = known.find((k) => k === name);
    const path = rest.join('=');
    if (runtime === undefined || !path.startsWith('/')) {
      throw new UsageError(
        `\`--${option} ${text}\` is not RUNTIME=/PATH`,
        `RUNTIME is one of ${known.join(', ')}; the path is absolute`,
      );
    }
    return { runtime, path };
  });
}

/** The default places plus those named on the command line, which come first. */
export function registryOptions(args: Parsed): RegistryOptions {
  const sockets = pairs(args, 'runtime-socket', [...new Set(DEFAULT_SOCKETS.map((s) => s.runtime))]);
  const roots = pairs(args, 'runtime-root', [...new Set(DEFAULT_ROOTS.map((r) => r.runtime))]);
  return { sockets: [...sockets, ...DEFAULT_SOCKETS], roots: [...roots, ...DEFAULT_ROOTS] };
}
