import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostCapabilities, hostLacksCapabilities, which } from './host.js';

/** Puts something in front of an OCI runtime: from the runtime's path and a folder to write in to the path to use. */
export type Wrap = (runtime: string, folder: string) => string;
export const unwrapped: Wrap = (runtime) => runtime;

/**
 * The path of an OCI runtime for a daemon. On a host whose root lacks capabilities (a sandboxed one), Docker,
 * Podman and containerd ask for more than runc can grant, and every privileged container fails; there the path is
 * of a wrapper that takes the excess out of the specification and becomes runc.
 */
export function fittedRuntime(
  folder: string,
  program: 'runc' | 'crun' = 'runc',
  wrap: Wrap = unwrapped,
): string {
  const real = which(program) ?? program;
  if (!hostLacksCapabilities()) return wrap(real, folder);
  const wrapper = join(folder, `fitted-${program}`);
  const fit = join(import.meta.dirname, 'fit-spec.ts');
  const capabilities = hostCapabilities().join(',');
  const script = `#!/bin/sh
case " $* " in
  *" create "* | *" run "* | *" exec "*) '${process.execPath}' '${fit}' '${capabilities}' "$@" || exit 1 ;;
esac
exec '${real}' "$@"
`;
  writeFileSync(wrapper, script);
  chmodSync(wrapper, 0o755);
  return wrap(wrapper, folder);
}
