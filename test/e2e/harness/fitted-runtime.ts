import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostCapabilities, hostLacksCapabilities, which } from './host.js';

/**
 * The path of an OCI runtime for a daemon. On a host whose root lacks capabilities (a sandboxed one), Docker,
 * Podman and containerd ask for more than runc can grant, and every privileged container fails; there the path is
 * of a wrapper that takes the excess out of the specification and becomes runc.
 */
export function fittedRuntime(folder: string, program: 'runc' | 'crun' = 'runc'): string {
  const real = which(program) ?? program;
  if (!hostLacksCapabilities()) return real;
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
  return wrapper;
}
