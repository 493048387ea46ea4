import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ToldProcess } from '../messages.js';

const PROGRAMS = ['/bin/true', '/usr/bin/true', '/bin/sh'];
const LOOK_AGAIN_MS = 10;
const PATIENCE_MS = 3000;
/** A look is worth this long: whoever asks often starts no more programs by it. */
const FRESH_MS = 5000;

export interface CanaryResult {
  readonly healthy: boolean;
  /** From the start of the canary until the sensor knew of it, milliseconds; undefined when it did not come. */
  readonly tookMs: number | undefined;
  /** Why it is not healthy; '' when it is. */
  readonly problem: string;
}

/** What the sensor's thread knows of a process. */
export type SeenProcess = (pid: number) => Promise<ToldProcess>;

/**
 * Starts a program that ends at once, and waits for a rule to fire for it: that the programs in the kernel run, that their
 * ring is read, that what is read is understood and that rules are judged by it, not only that a process is there.
 */
export class Canary {
  readonly #token: string;
  readonly #seen: SeenProcess;
  #last: { readonly atMs: number; readonly result: Promise<CanaryResult> } | undefined;

  /** `token`: the argument by which the rule knows the program. */
  constructor(token: string, seen: SeenProcess) {
    this.#token = token;
    this.#seen = seen;
  }

  check(): Promise<CanaryResult> {
    const now = performance.now();
    if (this.#last === undefined || now - this.#last.atMs > FRESH_MS)
      this.#last = { atMs: now, result: this.#try() };
    return this.#last.result;
  }

  async #try(): Promise<CanaryResult> {
    const program = PROGRAMS.find((path) => existsSync(path));
    if (program === undefined) return failed(`none of ${PROGRAMS.join(', ')} is there to be started`);
    const path = realpathSync(program);
    const startedMs = performance.now();
    const child = spawn(path, [...(path.endsWith('sh') ? ['-c', ':'] : []), this.#token], {
      stdio: 'ignore',
    });
    const problem = new Promise<string>((resolve) => child.once('error', (error) => resolve(error.message)));
    const { pid } = child;
    if (pid === undefined) return failed(`the canary cannot be started: ${await problem}`);
    const late = sleep(PATIENCE_MS, 'late' as const, { ref: false });
    let known: ToldProcess | undefined;
    try {
      for (;;) {
        // A sensor that is stuck answers nothing at all.
        const seen = await Promise.race([late, this.#seen(pid)]);
        if (seen === 'late') return failed(whyLate(known, path));
        known = seen;
        if (seen.isCanary && seen.program === path)
          return { healthy: true, tookMs: performance.now() - startedMs, problem: '' };
        await sleep(LOOK_AGAIN_MS);
      }
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    }
  }
}

function whyLate(known: ToldProcess | undefined, path: string): string {
  const started = `a program that was started ${PATIENCE_MS} ms ago`;
  if (known === undefined) return `the sensor's thread has not answered since ${started}`;
  if (known.program !== path) return `the kernel has not told of ${started}`;
  return `no rule has fired for ${started}, though the kernel told of it`;
}

const failed = (problem: string): CanaryResult => ({ healthy: false, tookMs: undefined, problem });
