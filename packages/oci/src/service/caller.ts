import { readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

/** A call of the wrapper, as its process tells it. */
export interface Caller {
  /** After the program's name and its own options. */
  readonly args: readonly string[];
  readonly cwd: string;
  /** The OCI runtime behind it: `runc`, `crun`. */
  readonly runtime: string;
  readonly parentArgs: readonly string[];
}

const words = (text: string): readonly string[] =>
  (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
const readWords = async (path: string): Promise<readonly string[]> => words(await readFile(path, 'utf8'));

/**
 * The call a process makes, read from where nobody can misquote it. A process of another PID namespace, or one
 * that has ended, rejects.
 */
export async function readCaller(pid: number): Promise<Caller> {
  const [argv, cwd, environment, parentArgs] = await Promise.all([
    readWords(`/proc/${pid}/cmdline`),
    readlink(`/proc/${pid}/cwd`),
    readWords(`/proc/${pid}/environ`),
    readAncestorArgs(pid, 1),
  ]);
  const { args, runtime } = ownOptions(argv.slice(1));
  const named = runtime ?? variable(environment, 'RUNWARD_RUNTIME') ?? 'runc';
  return { args, cwd, runtime: basename(named), parentArgs };
}

/** Arguments of the processes above one, nearest first, in one list. One that is gone ends it. */
export async function readAncestorArgs(pid: number, levels: number): Promise<readonly string[]> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const parent = Number(/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? 0);
  if (parent === 0 || levels === 0) return [];
  const args = await readWords(`/proc/${parent}/cmdline`).catch(() => []);
  return [...args, ...(await readAncestorArgs(parent, levels - 1))];
}

/** The wrapper's own option stands before everything else. */
export function ownOptions(args: readonly string[]): {
  readonly args: readonly string[];
  readonly runtime: string | undefined;
} {
  const [first = '', second] = args;
  if (first === '--runtime') return { args: args.slice(2), runtime: second };
  if (first.startsWith('--runtime='))
    return { args: args.slice(1), runtime: first.slice('--runtime='.length) };
  return { args, runtime: undefined };
}

const variable = (environment: readonly string[], name: string): string | undefined =>
  environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
