import { type ChildProcess, spawn } from 'node:child_process';

export interface CommandEnd {
  /** 127: it could not be started; 128 and more: a signal ended it. */
  readonly code: number;
  readonly output: string;
  readonly isTimedOut: boolean;
}

export interface CommandOptions {
  readonly timeoutMs?: number;
  /** Ends the command when it is aborted. */
  readonly signal?: AbortSignal;
  readonly env?: Readonly<Record<string, string>>;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const MOST_OUTPUT = 16 * 1024;
/** What inherited the pipes and lives on would hold back `close` for ever. */
const LAST_WORDS_MS = 250;
const SIGNALS: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Runs a command in a session of its own, so that Ctrl-C at the terminal reaches the drill alone. Never rejects. */
export function runCommand(
  program: string,
  args: readonly string[],
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal, env }: CommandOptions = {},
): Promise<CommandEnd> {
  return new Promise((resolve) => {
    const child = startCommand(program, args, env);
    let output = '';
    const take = (text: string): void => {
      if (output.length < MOST_OUTPUT) output += text.slice(0, MOST_OUTPUT - output.length);
    };
    child.stdout?.setEncoding('utf8').on('data', take);
    child.stderr?.setEncoding('utf8').on('data', take);
    let isTimedOut = false;
    const end = (): void => void child.kill('SIGKILL');
    const timer = setTimeout(() => {
      isTimedOut = true;
      end();
    }, timeoutMs);
    if (signal?.aborted === true) end();
    signal?.addEventListener('abort', end, { once: true });
    const finish = (code: number): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve({ code, output, isTimedOut });
    };
    child.on('error', (error) => {
      take(error.message);
      finish(127);
    });
    child.on('exit', (code, killedBy) => {
      const status = code ?? 128 + (SIGNALS[killedBy ?? ''] ?? 0);
      const late = setTimeout(() => finish(status), LAST_WORDS_MS);
      child.on('close', () => {
        clearTimeout(late);
        finish(status);
      });
    });
  });
}

export const startCommand = (
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess =>
  spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });

/** Polls until `probe` gives something; undefined after `timeoutMs` or when aborted. */
export async function poll<T>(
  probe: () => T | undefined,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<T | undefined> {
  const endsAtMs = performance.now() + timeoutMs;
  for (;;) {
    const value = probe();
    if (value !== undefined || performance.now() >= endsAtMs || signal?.aborted === true) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
