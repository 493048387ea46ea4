import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ExportFormat, exportPolicy, exportSubject, readPolicies } from '@runward/policy';
import type { Wrap } from './harness/fitted-runtime.js';

/** The policy a workload was given, in another language. */
export function exported(spec: string, format: ExportFormat, name = 'web'): string {
  const text = `apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata: { name: ${name} }\nspec:\n${spec.replace(/^/gm, '  ')}\n`;
  const { policies } = readPolicies([{ name: `${name}.yaml`, text }]);
  const subject = exportSubject(policies);
  const result = subject && exportPolicy(subject, format);
  if (result?.text === undefined) throw new Error(`no ${format}: ${JSON.stringify(result?.diagnostics)}`);
  return result.text;
}

/**
 * For the harness: a script in front of the runtime that puts parts into the specification of each container, as
 * whoever starts it by hand would.
 */
export const withSpec =
  (parts: () => { readonly seccomp?: unknown; readonly capabilities?: unknown }): Wrap =>
  (runtime, folder) => {
    const [script, patch] = [join(folder, 'patched'), join(folder, 'patch.mjs')];
    writeFileSync(patch, PATCH(join(folder, 'parts.json')));
    writeFileSync(join(folder, 'parts.json'), JSON.stringify(parts()));
    writeFileSync(
      script,
      `#!/bin/sh\n'${process.execPath}' '${patch}' "$@" || exit 1\nexec '${runtime}' "$@"\n`,
    );
    chmodSync(script, 0o755);
    return script;
  };

const PATCH = (parts: string): string => `
import { readFileSync, writeFileSync } from 'node:fs';
const at = process.argv.indexOf('--bundle');
if (at > 0) {
  const path = process.argv[at + 1] + '/config.json';
  const spec = JSON.parse(readFileSync(path, 'utf8'));
  const { seccomp, capabilities } = JSON.parse(readFileSync(${JSON.stringify(parts)}, 'utf8'));
  if (seccomp) spec.linux.seccomp = seccomp;
  if (capabilities) spec.process.capabilities = capabilities;
  writeFileSync(path, JSON.stringify(spec));
}
`;
