/**
 * Run by the wrapper of `fitted-runtime.ts` before the real OCI runtime, with the host's capabilities and then the
 * runtime's own arguments: takes out of the specification what this host cannot grant. Imports nothing of ours, so
 * that Node.js can run it unbuilt.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface Process {
  capabilities?: Record<string, string[]>;
  rlimits?: unknown;
  oomScoreAdj?: number;
}

const [capabilities = '', ...args] = process.argv.slice(2);
const granted = new Set(capabilities.split(','));

function flagValue(...flags: readonly string[]): string | undefined {
  for (const [index, argument] of args.entries()) {
    if (flags.includes(argument)) return args[index + 1];
    const flag = flags.find((candidate) => argument.startsWith(`${candidate}=`));
    if (flag !== undefined) return argument.slice(flag.length + 1);
  }
  return undefined;
}

function reduce(target: Process): void {
  for (const [kind, names] of Object.entries(target.capabilities ?? {})) {
    if (target.capabilities) target.capabilities[kind] = (names ?? []).filter((name) => granted.has(name));
  }
  // Raising a limit or lowering the score takes CAP_SYS_RESOURCE.
  if (!granted.has('CAP_SYS_RESOURCE')) {
    delete target.rlimits;
    delete target.oomScoreAdj;
  }
}

function rewrite(
  file: string,
  pick: (content: { process?: Process } & Process) => Process | undefined,
): void {
  const content: { process?: Process } & Process = JSON.parse(readFileSync(file, 'utf8'));
  const target = pick(content);
  if (target !== undefined) reduce(target);
  writeFileSync(file, JSON.stringify(content));
}

const bundle = flagValue('--bundle', '-b');
if (bundle !== undefined) rewrite(`${bundle}/config.json`, (content) => content.process);
const processFile = flagValue('--process', '-p');
if (args.includes('exec') && processFile !== undefined) rewrite(processFile, (content) => content);
