import type { ProcessInfo } from '../model.js';

/** argv[0], or the executable's path where argv could not be read. */
export const argv0 = (p: ProcessInfo): string => p.args[0] ?? p.executable.path;

/** argv[1] and after, joined by spaces; '' when there are none. */
export const argumentsOf = (p: ProcessInfo): string => (p.args.length < 2 ? '' : p.args.slice(1).join(' '));

const joined = (head: string, tail: string): string => (tail === '' ? head : `${head} ${tail}`);

export const commandLine = (p: ProcessInfo): string => joined(p.comm, argumentsOf(p));
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
