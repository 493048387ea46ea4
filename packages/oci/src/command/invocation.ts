import { resolve } from 'node:path';

/** What a container manager asked of the OCI runtime, as far as policies care. */
export type Invocation = Creation | Execution | { readonly kind: 'other' };

/** A container is about to be made: `create`, `run`, `restore`. */
export interface Creation {
  readonly kind: 'creation';
  readonly command: string;
  readonly id: string;
  /** Absolute. */
  readonly bundle: string;
  /** The specification, absolute; in the bundle, but crun can be told another place. */
  readonly specFile: string;
  readonly log: RuntimeLog | undefined;
}

/** A process is about to be added to a container. */
export interface Execution {
  readonly kind: 'execution';
  readonly id: string;
  /** State folder of the runtime, when it was named. */
  readonly root: string | undefined;
  /** The process as JSON; without it the runtime takes the container's own. */
  readonly processFile: string | undefined;
  readonly log: RuntimeLog | undefined;
}

/** Where the manager looks for the reason when the runtime fails. */
export interface RuntimeLog {
  readonly path: string;
  readonly isJson: boolean;
}

/** Options of runc 1.0 to 1.3 and crun 1.x that take a value. All others take none. */
const GLOBAL = ['log', 'log-format', 'log-level', 'root', 'criu', 'rootless', 'cgroup-manager'];
const CREATION = [
  'bundle', 'b', 'config', 'f', 'console-socket', 'pid-file', 'preserve-fds', 'pidfd-socket', 'image-path', 'work-path',
  'parent-path', 'manage-cgroups-mode', 'empty-ns', 'lsm-profile', 'lsm-mount-context',
]; // biome-ignore format: a list
const EXECUTION = [
  'console-socket', 'cwd', 'env', 'e', 'user', 'u', 'additional-gids', 'g', 'process', 'p', 'pid-file', 'pidfd-socket',
  'process-label', 'apparmor', 'cap', 'c', 'preserve-fds', 'cgroup',
]; // biome-ignore format: a list

const CREATING: ReadonlySet<string> = new Set(['create', 'run', 'restore']);
const COMMANDS: ReadonlySet<string> = new Set([
  ...CREATING, 'checkpoint', 'delete', 'events', 'exec', 'features', 'help', 'h', 'init', 'kill', 'list', 'mounts', 'pause',
  'ps', 'resume', 'spec', 'start', 'state', 'update', 'version',
]); // biome-ignore format: a list

/** Reads the arguments after the runtime's name. `cwd` makes paths absolute. Never throws. */
export function readInvocation(args: readonly string[], cwd: string): Invocation {
  const globals = new Map<string, string>();
  let at = 0;
  for (; at < args.length; at++) {
    const word = args[at] ?? '';
    if (!word.startsWith('-')) {
      // A word that is no command can only be the value of an option this version does not know.
      if (COMMANDS.has(word)) break;
      continue;
    }
    at += take(word, args[at + 1], GLOBAL, globals);
  }
  const command = args[at] ?? '';
  const log = logOf(globals, cwd);
  const { options, operands } = readRest(args.slice(at + 1), command === 'exec');
  const id = operands[0] ?? '';
  const path = (value: string | undefined): string | undefined =>
    value === undefined || value === '' ? undefined : resolve(cwd, value);
  if (command === 'exec') {
    const processFile = path(options.get('process') ?? options.get('p'));
    return { kind: 'execution', id, root: path(globals.get('root')), processFile, log };
  }
  if (!CREATING.has(command)) return { kind: 'other' };
  const bundle = path(options.get('bundle') ?? options.get('b')) ?? resolve(cwd);
  // crun changes into the bundle before it opens the file.
  const specFile = resolve(bundle, options.get('config') ?? options.get('f') ?? 'config.json');
  return { kind: 'creation', command, id, bundle, specFile, log };
}

function readRest(args: readonly string[], isExecution: boolean) {
  const options = new Map<string, string>();
  const operands: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    // Of exec, what follows the container's name is the command to run.
    if (isExecution && operands.length > 0) break;
    if (word === '--') operands.push(...args.slice(at + 1).splice(0));
    if (word === '--') break;
    if (!word.startsWith('-') || word === '-') operands.push(word);
    else at += take(word, args[at + 1], isExecution ? EXECUTION : CREATION, options);
  }
  return { options, operands };
}

/** Notes the value of an option that has one; how many words after it are its own. */
function take(
  word: string,
  next: string | undefined,
  valued: readonly string[],
  into: Map<string, string>,
): number {
  const bare = word.replace(/^--?/, '');
  const equals = bare.indexOf('=');
  const written = equals === -1 ? bare : bare.slice(0, equals);
  const name = fullName(written, valued);
  if (name !== undefined) {
    const value = equals === -1 ? next : bare.slice(equals + 1);
    if (value !== undefined) into.set(name, value);
    return equals === -1 ? 1 : 0;
  }
  // crun takes a short option's value without a blank: `-b/run/bundle`.
  const short = /^-[a-z]/.test(word) ? bare.slice(0, 1) : '';
  if (short !== '' && !word.startsWith('--') && valued.includes(short)) into.set(short, bare.slice(1));
  return 0;
}

/** crun accepts the beginning of a long name where only one begins so. */
function fullName(written: string, valued: readonly string[]): string | undefined {
  if (valued.includes(written)) return written;
  const [only, ...more] = written.length < 2 ? [] : valued.filter((name) => name.startsWith(written));
  return more.length === 0 ? only : undefined;
}

function logOf(globals: ReadonlyMap<string, string>, cwd: string): RuntimeLog | undefined {
  const path = globals.get('log') ?? '';
  // crun: `file:PATH`, `journald:NAME`, `syslog:NAME`.
  const file = path.replace(/^file:/, '');
  if (file === '' || /^(?:journald|syslog):/.test(file)) return undefined;
  return { path: resolve(cwd, file), isJson: globals.get('log-format') === 'json' };
}
