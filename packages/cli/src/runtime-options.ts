import type { RegistryOptions } from '@runward/runtimes';
import { type OptionSpec, type Parsed, UsageError } from './command.js';

export const RUNTIME_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'runtime-socket': {
    type: 'string',
    multiple: true,
    value: 'RUNTIME=PATH',
    doc: 'also ask this runtime socket (docker, containerd, cri-o, podman)',
  },
  'runtime-root': {
    type: 'string',
    multiple: true,
    value: 'RUNTIME=DIR',
    doc: 'also look in this state folder (runc, crun, podman)',
  },
};

function pairs<R extends string>(
  args: Parsed,
  option: string,
  known: readonly R[],
): { runtime: R; path: string }[] {
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

const SOCKETS = ['docker', 'containerd', 'cri-o', 'podman'] as const;
const ROOTS = ['runc', 'crun', 'podman'] as const;

/**
 * The default places plus those named on the command line, which come first. Mistakes are found at once; the
 * defaults are read when they are needed, because loading what knows them takes a while.
 */
export function registryOptions(args: Parsed): () => Promise<RegistryOptions> {
  const sockets = pairs(args, 'runtime-socket', SOCKETS);
  const roots = pairs(args, 'runtime-root', ROOTS);
  return async () => {
    const { DEFAULT_ROOTS, DEFAULT_SOCKETS } = await import('@runward/runtimes');
    return { sockets: [...sockets, ...DEFAULT_SOCKETS], roots: [...roots, ...DEFAULT_ROOTS] };
  };
}
