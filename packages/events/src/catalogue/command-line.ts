import type { ProcessInfo } from '../model.js';

/** argv[0], or the executable's path where argv could not be read. */
export const argv0 = (p: ProcessInfo): string => p.args[0] ?? p.executable.path;

const joined = (head: string, tail: string): string => (tail === '' ? head : `${head} ${tail}`);

/** What is made of an argument list, for as long as somebody has the list. */
interface Joined {
  readonly args: string;
  comm: string;
  commandLine: string;
}
const known = new WeakMap<readonly string[], Joined>();

/** Rules ask for the same line again and again, and lists of the same text are one object: see the process table. */
function joinedOf(args: readonly string[]): Joined {
  const found = known.get(args);
  if (found !== undefined) return found;
  const made = { args: args.slice(1).join(' '), comm: '', commandLine: '' };
  known.set(args, made);
  return made;
}

/** argv[1] and after, joined by spaces; '' when there are none. */
export const argumentsOf = ({ args }: ProcessInfo): string => (args.length < 2 ? '' : joinedOf(args).args);

export function commandLine({ comm, args }: ProcessInfo): string {
  if (args.length < 2) return comm;
  const line = joinedOf(args);
  if (line.comm !== comm || line.commandLine === '') {
    line.comm = comm;
    line.commandLine = joined(comm, line.args);
  }
  return line.commandLine;
}
export const executableLine = (p: ProcessInfo): string => joined(argv0(p), argumentsOf(p));

export function argumentLength(p: ProcessInfo): number {
  let total = 0;
  for (let i = 1; i < p.args.length; i++) total += p.args[i]?.length ?? 0;
  return total;
}

/** Value of an environment variable; undefined when it is not set or the environment was not collected. */
export function environmentValue(p: ProcessInfo, name: string): string | undefined {
  for (const entry of p.env)
    if (entry.length > name.length && entry[name.length] === '=' && entry.startsWith(name))
      return entry.slice(name.length + 1);
  return undefined;
}

/** The working directory with a slash at its end, so that a rule can compare prefixes of directories. */
export const workingDirectory = (p: ProcessInfo): string | undefined =>
  p.cwd === '' ? undefined : p.cwd.endsWith('/') ? p.cwd : `${p.cwd}/`;
