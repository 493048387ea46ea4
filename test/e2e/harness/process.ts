import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  /** The command is killed after this long; the result then has code 124, as of timeout(1). */
  readonly timeoutMs?: number;
}

/** A child whose output is collected; `exit` resolves once it ended and its output is complete. */
export interface Collected {
  readonly child: ChildProcess;
  readonly exit: Promise<CommandResult>;
  stdout(): string;
  stderr(): string;
}

export function start(command: string, args: readonly string[], options: CommandOptions = {}): Collected {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin?.end(options.input);
  let timedOut = false;
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          child.kill('SIGKILL');
        }, options.timeoutMs);
  const exit = new Promise<CommandResult>((resolve) => {
    const finish = (code: number): void => {
      clearTimeout(timer);
      resolve({ code: timedOut ? 124 : code, stdout, stderr });
    };
    child.on('error', (error) => {
      stderr += error.message;
      finish(127);
    });
    // A grandchild that inherited the pipes (a runtime's monitor) would hold `close` back for ever.
    child.on('exit', (code, signal) => {
      const status = code ?? 128 + (signal === 'SIGKILL' ? 9 : 15);
      const late = setTimeout(() => finish(status), 500);
      child.on('close', () => {
        clearTimeout(late);
        finish(status);
      });
    });
  });
  return { child, exit, stdout: () => stdout, stderr: () => stderr };
}

/** A daemon, agent or machine that must not outlive this process, however it ends. */
export function startTied(command: string, args: readonly string[], options: CommandOptions = {}): Collected {
  return start('setpriv', ['--pdeathsig', 'TERM', command, ...args], options);
}

export function run(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return start(command, args, { timeoutMs: 60_000, ...options }).exit;
}

/** Runs a command that must succeed; throws its output otherwise. */
export async function must(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await run(command, args, options);
  if (result.code !== 0) {
    throw new Error(
      `${command} ${args.join(' ')} exited ${result.code}: ${result.stderr.trim() || result.stdout.trim()}`,
    );
  }
  return result.stdout;
}

/** Polls until `probe` gives something; `undefined` after `timeoutMs`. */
export async function poll<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  timeoutMs: number,
  everyMs = 20,
): Promise<T | undefined> {
  const endsAtMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() >= endsAtMs) return undefined;
    await sleep(everyMs);
  }
}

/** SIGTERM, then SIGKILL once patience ran out. Safe to call on a child that has ended. */
export async function stop(started: Collected, patienceMs = 5_000): Promise<CommandResult> {
  started.child.kill('SIGTERM');
  const timer = setTimeout(() => started.child.kill('SIGKILL'), patienceMs);
  const result = await started.exit;
  clearTimeout(timer);
  return result;
}
