import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { RespondError, respondError } from '../error.js';
import type { SignedScript } from './signed-script.js';

export interface ScriptRun {
  /** A folder of the agent's own, where programs may be run. */
  readonly folder: string;
  readonly id: string;
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface ScriptOutcome {
  readonly sha256: string;
  readonly code: number;
  /** The last of what it wrote. */
  readonly output: string;
}

const MOST_OUTPUT = 4096;
/** For what it wrote at its end. */
const REST_MS = 1_000;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs a copy of what was signed, without arguments or a shell, in a process group of its own that is killed when its time is over.
 *
 * @throws RespondError RESPOND_SCRIPT_FAILED, RESPOND_DENIED, RESPOND_NO_SPACE
 */
export async function runScript(script: SignedScript, run: ScriptRun): Promise<ScriptOutcome> {
  const { folder, id, timeoutMs, environment } = run;
  mustBeProgram(script);
  const copy = join(folder, id);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(copy, script.bytes, { flag: 'wx', mode: 0o500 });
    const child = spawn(copy, [], {
      ...{ cwd: '/', detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
      env: { PATH, ...environment },
    });
    const outputs = [child.stdout, child.stderr].flatMap((stream) =>
      stream === null ? [] : [lastOf(stream)],
    );
    const { code, signal, isLate } = await ended(child, timeoutMs);
    const output = outputs.map((last) => last()).join('');
    if (code === 0) return { sha256: script.sha256, code, output };
    const how = isLate
      ? `was ended after ${timeoutMs} ms`
      : code === null
        ? `was ended by ${signal}`
        : `ended with ${code}`;
    throw new RespondError(
      'RESPOND_SCRIPT_FAILED',
      `the script \`${script.name}\` ${how}: ${output.trim().slice(-200)}`,
      {
        help: 'it runs as the agent, without arguments; what it is told is in its environment',
      },
    );
  } catch (cause) {
    throw respondError(`the script \`${script.name}\` was not run`, cause);
  } finally {
    rmSync(copy, { force: true });
  }
}

/** What the kernel does not know how to run, execvp(3) would hand to a shell. */
function mustBeProgram({ name, bytes }: SignedScript): void {
  const begin = bytes.subarray(0, 4).toString('latin1');
  if (begin.startsWith('#!/') || begin === '\x7fELF') return;
  throw new RespondError(
    'RESPOND_SCRIPT_FAILED',
    `\`${name}\` is no program: it begins neither with \`#!/\` nor as ELF`,
    {
      help: 'name its interpreter in the first line, such as `#!/bin/sh`, and sign it again',
    },
  );
}

function ended(
  child: ChildProcess,
  timeoutMs: number,
): Promise<{ readonly code: number | null; readonly signal: string | null; readonly isLate: boolean }> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      killGroup(child);
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      // What it left running in its group goes with it, and no longer holds the pipes; what left the group might.
      killGroup(child);
      const end = (): void => {
        clearTimeout(rest);
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ code, signal, isLate });
      };
      const rest = setTimeout(end, REST_MS);
      child.once('close', end);
    });
  });
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is in it any more.
  }
}

function lastOf(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    text = `${text}${part}`.slice(-MOST_OUTPUT);
  });
  return () => text;
}
